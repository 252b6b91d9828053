-- The nodes that our own traffic enters the network by, in order of precedence.
CREATE TABLE guard (
    place INTEGER PRIMARY KEY,
    node BLOB NOT NULL UNIQUE,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    since_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT;
