"""What passes between people, without I/O: invitations, greetings, lanes, content, acknowledgements.

The lower half is pure codecs and rules (``invitation``, ``slot``, ``lane``, ``fragment``, ``device``, ``content``,
``envelope``, ``greeting``, ``acknowledge``). The upper half works on a transaction and answers with effects:
``postings`` keeps what must lie in the network deposited, ``reading`` finds and opens what others left, ``meeting`` and
``talking`` hold the rules of getting to know and of conversing, and ``engine`` is the one door for the service above.
"""
