"""A node as one machine without I/O.

``node`` is the outside; ``wiring`` builds the parts in order. ``request_handlers`` does what the owner asks, ``router``
takes what links bring to the part it is for, ``linked_peers`` holds what linked nodes tell of themselves. ``frontend``
serves the clients of our custodian, ``onion_transport`` gives our own custodian client the circuits and packets it asks
for, ``reconcile`` does what follows when the hour, our address or the size of the network changes, ``snapshot`` tells what
is.
"""
