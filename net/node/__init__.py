"""A node as one machine without I/O.

``node`` is the outside; ``wiring`` builds the parts and joins them. ``router`` takes what links bring to the part it is for,
``frontend`` serves the clients of our custodian, ``onion_transport`` gives our own custodian client the circuits and packets
it asks for, ``reconcile`` does what follows when the hour, our address or the size of the network changes, ``snapshot``
tells what is.
"""
