"""What belongs to this machine rather than to an account: ``config.toml`` and ``keys.toml`` in the configuration folder.

``folder`` finds and reads the files, ``machine`` understands the first, ``keys_file`` the second. Both are written by the
person; the settings page of keys writes the second, too. Nothing in an account's record can change either.
"""
