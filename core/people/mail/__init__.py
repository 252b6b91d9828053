"""The outbox: ``boxes`` are made of postings, ``outbox`` keeps them deposited until ``outcome`` says that they are done.

``repricing`` adds work when custodians ask for more; ``pending_fetches`` repeats fetches that brought nothing.
"""
