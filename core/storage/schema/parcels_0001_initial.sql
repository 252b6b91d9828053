-- A node's database: what it keeps for strangers, and whom it knows.

-- Drawn when the store is made; a reader's cursor is worth something only within one run.
CREATE TABLE run (
    id BLOB NOT NULL
) STRICT;
INSERT INTO run (id) VALUES (randomblob(8));

-- AUTOINCREMENT: a number of arrival is never given twice, even after the newest boxes were deleted.
CREATE TABLE box (
    arrival INTEGER PRIMARY KEY AUTOINCREMENT,
    id BLOB NOT NULL,
    variant BLOB NOT NULL,
    prefix INTEGER NOT NULL,
    expiry_hour INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (id, variant)
) STRICT;

-- A stream of tags reads this index alone: 50 bytes a box where the table has 1000.
CREATE INDEX box_tags ON box (arrival, id, prefix);
CREATE INDEX box_expiry ON box (expiry_hour);

CREATE TABLE record (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    variant BLOB NOT NULL,
    prefix INTEGER NOT NULL,
    expiry_hour INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;

CREATE INDEX record_summary ON record (id, variant, sequence);
CREATE INDEX record_expiry ON record (expiry_hour);

CREATE TABLE chunk (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    variant BLOB NOT NULL,
    prefix INTEGER NOT NULL,
    expiry_hour INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (id, variant)
) STRICT;

CREATE INDEX chunk_expiry ON chunk (expiry_hour);

-- How much is held, kept up to date by triggers: quotas ask at every deposit.
CREATE TABLE holding (
    parcels INTEGER NOT NULL,
    bytes INTEGER NOT NULL
) STRICT;
INSERT INTO holding (parcels, bytes) VALUES (0, 0);

CREATE TRIGGER box_comes AFTER INSERT ON box BEGIN
    UPDATE holding SET parcels = parcels + 1, bytes = bytes + length(NEW.data);
END;
CREATE TRIGGER box_goes AFTER DELETE ON box BEGIN
    UPDATE holding SET parcels = parcels - 1, bytes = bytes - length(OLD.data);
END;
CREATE TRIGGER record_comes AFTER INSERT ON record BEGIN
    UPDATE holding SET parcels = parcels + 1, bytes = bytes + length(NEW.data);
END;
CREATE TRIGGER record_changes AFTER UPDATE OF data ON record BEGIN
    UPDATE holding SET bytes = bytes + length(NEW.data) - length(OLD.data);
END;
CREATE TRIGGER record_goes AFTER DELETE ON record BEGIN
    UPDATE holding SET parcels = parcels - 1, bytes = bytes - length(OLD.data);
END;
CREATE TRIGGER chunk_comes AFTER INSERT ON chunk BEGIN
    UPDATE holding SET parcels = parcels + 1, bytes = bytes + length(NEW.data);
END;
CREATE TRIGGER chunk_goes AFTER DELETE ON chunk BEGIN
    UPDATE holding SET parcels = parcels - 1, bytes = bytes - length(OLD.data);
END;

-- Nodes that were linked, to be tried first after a restart.
CREATE TABLE known_peer (
    node BLOB PRIMARY KEY,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
