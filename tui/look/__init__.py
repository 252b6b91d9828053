"""Colours and signs, and what the terminal can show."""
