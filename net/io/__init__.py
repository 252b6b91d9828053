"""Where a machine without I/O meets the system: ``driver`` gives it a clock, ``udp`` the one socket."""
