"""The core: accounts, contacts and conversations over a node, without a screen; it owns every file.

From the ground up:

    api         every command and event as typed data: what screens and programs use
    crypto      the one door to the cryptographic libraries
    vault       opens and locks the account on this device
    storage     the only SQL
    people      what passes between people, without I/O
    pictures    reads QR codes from hostile picture files
    node        a node with a socket, a disk and ways to find others
    session     answers commands: the gate to the account, the account while it is open
    rpc         commands and events as JSON-RPC
    doctor      what is wrong with the network, and what to do about it

The files beside them are what these share.
"""
