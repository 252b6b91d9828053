"""The account's own state in the network: what it is, when it is written, and how contacts come back from it."""
