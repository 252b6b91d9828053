"""Worlds, stand-ins and helper programs that tests, benchmarks and demonstrations share."""
