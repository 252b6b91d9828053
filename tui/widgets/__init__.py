"""The widgets, one to a file; what they draw is given to them, what happens to them they post."""
