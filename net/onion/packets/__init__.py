"""The onion's cryptography.

``cipher`` is what the rest uses: packets of one size made of a Sphinx header (``sphinx``) and a wide-block payload
(``wide_block``), and the layers of circuits. ``keyring`` holds a relay's keys and the packets that it has seen.
"""
