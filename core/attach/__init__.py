"""A core that runs on by itself, and the screens and programs that attach to it, over a Unix socket.

    place      where the socket lies, and how it is found from the home
    peer       the process at the other end is the same user's
    link       the side that attaches: a connected socket, versions told; needs neither trio nor the core
    logout     what the system does to a core when its user logs out
    listener   the core's side: JSON-RPC (``core.rpc.server``) over each connection, an attachment for each

Both sides speak the lines of ``core.rpc``, so that a program attached is a pump of bytes. docs/PROTOCOL.md 8.1.
"""
