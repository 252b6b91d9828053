"""How a running node hears of others: the BitTorrent DHT, the local network, a router's port mapping.

What comes from there are addresses and nothing more; the node dials them and believes only what links prove.
"""
