"""QR codes: text to modules and picture files, and pictures to text."""
