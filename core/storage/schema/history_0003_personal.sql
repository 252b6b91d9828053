-- What the account's devices know together (core.people.format.lww), and the records of it in the network.

CREATE TABLE personal (
    key BLOB PRIMARY KEY,
    ms INTEGER NOT NULL,
    writer BLOB NOT NULL,
    value BLOB                          -- NULL: a tombstone
) WITHOUT ROWID;

CREATE TABLE personal_records (
    epoch INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    digest BLOB NOT NULL,               -- of the state inside
    record BLOB,                        -- with its work, once it is made
    custodians BLOB NOT NULL DEFAULT x''
);

ALTER TABLE devices ADD COLUMN heard_at INTEGER NOT NULL DEFAULT 0; -- network time of the last that came from it, to a day

-- Nodes are remembered beside the parcels, whoever is logged in.
DROP TABLE peers;
