"""Conversations: what one device writes and reads there, and how far the devices in them are trusted.

``sender`` decides what is sent next and ``lane_writer`` writes it as blocks; ``lane_reader`` reads them, and ``item_rules``
acts on their items. ``rows`` makes every row that is shown. ``ratchets`` and ``rekeying`` run the keys, ``prekeys`` keeps
those that were offered; ``acks`` makes and takes acknowledgements, ``ack_timing`` times them, and ``delivery`` says when a
block is delivered. ``trust`` says whose a device is and which ones are written to; ``membership`` lets people and devices
into conversations of many. ``resets`` begins new generations, with ``reset_announcement`` and ``reset_answer``; ``gaps``
gives up on what does not come; ``inboxes`` draws the addresses where mail lies, ``inbox_addresses`` tells the node of them.
"""
