-- Mail goes to an address that its reader tells: every box shows some bits of it, and streams are followed by bucket.

ALTER TABLE conversations ADD COLUMN inbox BLOB; -- secret of the other side's addresses; NULL until it said so

-- What was posted before went to no address, where nobody reads any more.
DELETE FROM postings;
UPDATE conversations SET ack_due = NULL;
ALTER TABLE postings ADD COLUMN inbox BLOB NOT NULL DEFAULT x''; -- secret of the address it goes to

DROP TABLE cursors;
CREATE TABLE cursors (
    custodian BLOB NOT NULL,
    prefix INTEGER NOT NULL,
    width INTEGER NOT NULL,
    run BLOB NOT NULL,
    arrival INTEGER NOT NULL,
    hour INTEGER NOT NULL,
    PRIMARY KEY (custodian, prefix, width)
) WITHOUT ROWID;
