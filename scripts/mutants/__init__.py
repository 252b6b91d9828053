"""``make mutants``: take one check out at a time, and see that a test notices.

A security check whose absence no test notices is one that the next change may lose. ``tests/mutants.toml`` lists such
checks by the function they stand in and their text (``listing``); ``finding`` puts the replacement in; ``trial`` runs the
tests on copies of the tree, so that the tree itself is never touched. A mutation is *killed* when a test fails; a mutant
that cannot even be imported, or runs for ever, proves nothing about the tests and counts as a survivor.
"""
