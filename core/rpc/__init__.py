"""Commands and events as JSON-RPC 2.0: ``jsonrpc`` is the text, ``server`` the conversation over two streams."""
