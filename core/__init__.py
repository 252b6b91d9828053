"""People, keys, conversations; owns every durable byte.

``api`` lists every command and event; ``messenger`` is the trio service that answers them; ``vault`` opens and locks an
account; ``people`` holds the protocol between persons (invitations, greetings, lanes, content, acknowledgements) without
I/O; ``storage`` is the only SQL; ``crypto`` the only door to the cryptographic libraries; ``rpc`` speaks JSON-RPC.
"""
