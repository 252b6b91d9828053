-- What the person made of a conversation, and what two people let each other know.

ALTER TABLE conversations ADD COLUMN muted_until INTEGER NOT NULL DEFAULT 0; -- own clock; 0: not muted
ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN marked_unread INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN tells INTEGER NOT NULL DEFAULT 0; -- bits: what the other side lets us know
ALTER TABLE conversations ADD COLUMN told INTEGER NOT NULL DEFAULT 0;  -- bits: what we said last that we let it know
ALTER TABLE conversations ADD COLUMN here_at INTEGER NOT NULL DEFAULT 0; -- own clock, when its person was last there; 0: unknown

-- Indexes of lanes below which everything was seen: by the other person in those written here, by this one in those read.
ALTER TABLE write_lanes ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE read_lanes ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE read_lanes ADD COLUMN seen_told INTEGER NOT NULL DEFAULT 0;
