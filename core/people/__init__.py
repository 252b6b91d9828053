"""What passes between people, without I/O: invitations, greetings, lanes, content, acknowledgements.

The lower half is pure codecs and rules (``addressing``, ``invitation``, ``slot``, ``lane``, ``fragment``, ``device``,
``content``, ``envelope``, ``greeting``, ``acknowledge``, ``lww``, ``personal_record``). The upper half works on a
transaction and answers with effects: ``posting`` keeps what must lie in the network deposited, ``reading`` finds and opens
what others left, ``meeting`` and ``conversing`` hold the rules of getting to know and of talking, ``personal``, ``keeping``
and ``restoring`` carry the account itself through the network, and ``engine`` is the one door for the service above.
"""
