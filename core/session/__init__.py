"""The session: one profile while the program runs, its node, and its account while that is open.

    messenger       answers every command: asks a command's class who carries it out
    commands        what each command does, a file for each topic
    gate            makes, opens and locks the account; ``twenty_hours`` is how long it stays open
    open_account    an account while it is open
    people_service  serves it with trio; ``people_protocol`` is what is done when, without I/O
    engines         people engines over one node, each with its share of it (``node_share``); the product opens one

``session`` is what commands that wait are given; ``record_searches`` and ``invitation_lookup`` find what a link leads to.
"""
