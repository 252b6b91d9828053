"""A node as one machine without I/O.

``node`` is the outside; ``wiring`` builds the parts in order. ``request_handlers`` does what the owner asks, ``router``
takes what links bring to the part it is for, ``linked_peers`` holds what linked nodes tell of themselves. ``frontend``
serves the clients of our custodian. ``onion_transport`` carries our own custodian client's questions over circuits, with
``known_custodians`` (who can be asked) and ``sent_boxes`` (boxes sent as packets, and what became of them). ``reconcile``
does what follows when the hour, our address or the size of the network changes, ``snapshot`` tells what is.
"""
