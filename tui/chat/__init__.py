"""The open conversation and the way between conversations, without widgets."""
