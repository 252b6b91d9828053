"""The screens, one to a file; a screen of several parts is a folder."""
