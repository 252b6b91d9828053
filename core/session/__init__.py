"""One profile while the program runs: its node, and its account while that is open.

``messenger`` answers every command; ``gate`` makes, opens and locks the account; ``open_account`` and ``people_service``
serve it while it is open; ``commands`` and ``contact_commands`` are single transactions, ``invitation_lookup`` asks the
network what a link leads to.
"""
