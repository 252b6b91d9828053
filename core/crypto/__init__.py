"""Keys and ciphers of people: pure functions, and the only door to the cryptographic libraries in ``core``."""
