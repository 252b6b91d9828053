"""One profile while the program runs: its node, and its account while that is open.

    messenger       answers every command: asks a command's class who carries it out
    commands        what each command does, a file for each topic
    gate            makes, opens and locks the account; ``twenty_hours`` is how long it stays open
    open_account    an account while it is open, and what serves it: ``people_service``

``session`` is what commands that wait are given; ``record_searches`` and ``invitation_lookup`` find what a link leads to.
"""
