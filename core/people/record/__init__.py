"""The account's own state in the network: its content, when it is written, and how contacts are restored from it."""
