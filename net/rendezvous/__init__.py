"""Finding nodes of the network without knowing any: the public BitTorrent DHT and broadcasts on the local network.

What is found are *hints*: endpoints where a node is said to live. Links prove or disprove them; until then they are
worth one datagram each, and none of them enters any other table.
"""
