"""The vault: the account's keys on this device, under a passcode.

``account`` is the way in. ``profile`` holds the home, ``slots`` is the vault file, ``cost`` what a try at it costs,
``attempts`` how often it may be tried, ``passcode`` which passcodes are good enough; ``remembered`` keeps the key for
twenty hours in the ``kernel_keyring`` or the ``secret_service``. ``mark`` notices an old copy, ``removal`` takes all of it
away, ``node_key`` serves nodes without people, ``given`` takes a passcode from a descriptor, ``hardening`` guards the
process, ``durable`` and ``clock`` are what files and waits stand on.
"""
