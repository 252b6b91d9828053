"""The outbox: ``boxes`` are made of postings, ``outbox`` keeps them deposited until ``outcome`` says that they are done.

``repricing`` adds work when custodians ask for more; ``pending_fetches`` asks again for what was to come and did not.
"""
