-- Friends' devices: whom we asked to keep our mail, who asks us, and for whom this device does it.

ALTER TABLE conversations ADD COLUMN keep_asked INTEGER NOT NULL DEFAULT 0;    -- we asked the other side
ALTER TABLE conversations ADD COLUMN keep_wanted INTEGER NOT NULL DEFAULT 0;   -- the other side asks us
ALTER TABLE conversations ADD COLUMN keep_wanted_at INTEGER NOT NULL DEFAULT 0; -- when it said so last, by its own clock
ALTER TABLE conversations ADD COLUMN keeping INTEGER NOT NULL DEFAULT 0;       -- we agreed
