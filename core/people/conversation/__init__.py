"""Talking: what one device writes and reads in a conversation, and how far the devices there are trusted.

``lane_writer`` writes blocks and ``lane_reader`` reads them, ``trust`` says whose device is whose, ``prekeys`` keeps keys
for re-keying; ``resets`` begins new generations, with ``reset_announcement`` and ``reset_answer``; ``gaps`` gives up on what
does not come; ``inboxes`` draws the addresses where mail lies, ``inbox_addresses`` tells the node of them.
"""
