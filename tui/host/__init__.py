"""The process around the screens: the core's thread, signals, standard streams, and what is told when it fails."""
