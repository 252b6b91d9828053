"""Benchmarks. Each module measures one thing and prints one JSON object: ``python -m benchmarks.NAME [--quick]``.

Machines are noisy, so wherever there is something to compare with it is measured in the same run, in turns, and the ratio
is what counts; one under 1.3 is a tie. No test asserts a time.
"""
