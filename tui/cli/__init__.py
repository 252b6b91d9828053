"""The command line: ``arguments`` says what was asked for, ``headless`` does what needs no screen."""
