"""The overlay: who stands where, who is near an address, how many there are, and whom to route through.

``descriptor`` says what a node tells of itself, ``identity`` how it comes to its place, ``routing`` is Kademlia's table,
``lookups`` walk it, ``delegated`` has others walk it (leaves), ``size`` counts the network, ``roster`` knows relays for
paths, and ``overlay`` joins them into the machine that a node calls.

References: P. Maymounkov and D. Mazières, "Kademlia" (2002); I. Baumgart and S. Mies, "S/Kademlia" (2007).
"""
