"""Talking: what one device writes and reads in a conversation, and how far the devices there are trusted.

``sender`` decides what is said next and ``lane_writer`` writes it as blocks; ``lane_reader`` reads them, and ``item_rules``
acts on what they say. ``rows`` makes every row that is shown. ``ratchets`` and ``rekeying`` run the keys, ``prekeys`` keeps
those that were offered; ``acks`` says and takes what is held, ``ack_timing`` when, and ``delivery`` when all who count hold
it. ``trust`` says whose device is whose and to whom is written; ``membership`` lets people and devices into conversations of
many. ``resets`` begins new generations, with ``reset_announcement`` and ``reset_answer``; ``gaps`` gives up on what does not
come; ``inboxes`` draws the addresses where mail lies, ``inbox_addresses`` tells the node of them.
"""
