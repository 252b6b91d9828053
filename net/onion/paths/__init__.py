"""Which nodes our packets and circuits go through.

``guards`` are the few first hops that are kept for weeks, ``paths`` draws the rest, ``reputation`` notes which nodes lose
what passes through them, ``directory`` asks others where custodians are.
"""
