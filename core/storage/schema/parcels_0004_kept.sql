-- Boxes kept quietly for friends of whoever owns this node: never named, never given, thrown back when they are lost.
CREATE TABLE kept (
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    variant BLOB NOT NULL,
    prefix INTEGER NOT NULL,
    expiry_hour INTEGER NOT NULL,
    data BLOB NOT NULL,
    surplus INTEGER NOT NULL DEFAULT 0,
    UNIQUE (id, variant)
) STRICT;

CREATE INDEX kept_expiry ON kept (expiry_hour);

CREATE TRIGGER kept_comes AFTER INSERT ON kept BEGIN
    UPDATE holding SET parcels = parcels + 1, bytes = bytes + length(NEW.data);
END;
CREATE TRIGGER kept_goes AFTER DELETE ON kept BEGIN
    UPDATE holding SET parcels = parcels - 1, bytes = bytes - length(OLD.data);
END;
