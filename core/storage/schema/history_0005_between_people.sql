-- Forward secrecy from the first text, devices with a state, names of one's own, being rid of somebody.
-- The wire changed with it: lanes, ratchets and greetings of before are at an end, and begin anew from their roots
-- (core.people.upgrade does what needs the account's keys).

ALTER TABLE account DROP COLUMN olm_account;
ALTER TABLE account ADD COLUMN upgraded INTEGER NOT NULL DEFAULT 0; -- schema up to which core.people.upgrade has run

ALTER TABLE conversations ADD COLUMN own_name TEXT NOT NULL DEFAULT '';      -- what the contact calls itself
UPDATE conversations SET own_name = name;
ALTER TABLE conversations ADD COLUMN verified INTEGER NOT NULL DEFAULT 0;    -- the person compared a code
ALTER TABLE conversations ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN inbox_number INTEGER NOT NULL DEFAULT 0; -- of its inboxes, the one we write to
ALTER TABLE conversations ADD COLUMN inbox_beside BLOB;                      -- named by an unknown device; written to as well
ALTER TABLE conversations ADD COLUMN inbox_told INTEGER NOT NULL DEFAULT 0;  -- our inbox that the contact knows of
ALTER TABLE conversations ADD COLUMN again_day INTEGER NOT NULL DEFAULT 0;   -- day for which again_boxes counts
ALTER TABLE conversations ADD COLUMN again_boxes INTEGER NOT NULL DEFAULT 0; -- encoded again that day for the other side
ALTER TABLE conversations ADD COLUMN reads_beside INTEGER NOT NULL DEFAULT 0; -- ours was restored: what lies beside is for us

CREATE TABLE inboxes (                  -- secrets of our own addresses: the present one, and at most one former
    number INTEGER PRIMARY KEY,
    secret BLOB NOT NULL,
    made_at INTEGER NOT NULL,           -- network time
    settled_at INTEGER                  -- network time since when all who stay know of a later one; NULL: not all do
);
ALTER TABLE account ADD COLUMN inbox_owed INTEGER NOT NULL DEFAULT 0; -- another is to be drawn once the former one is let go
ALTER TABLE postings ADD COLUMN tells INTEGER NOT NULL DEFAULT 0;     -- number of the inbox of ours that it tells; 0: none
ALTER TABLE devices ADD COLUMN inbox_number INTEGER NOT NULL DEFAULT 0; -- of the inbox that it named
ALTER TABLE conversations ADD COLUMN own_name_at INTEGER NOT NULL DEFAULT 0; -- own clock, since when the contact calls itself so
UPDATE conversations SET own_name_at = created_at;

ALTER TABLE roots ADD COLUMN acceptance BLOB;       -- slot secret of the acceptance, while one may come
ALTER TABLE roots ADD COLUMN device BLOB;           -- whose root it is; NULL: that of all devices of the other side
ALTER TABLE roots ADD COLUMN proof BLOB;            -- generation whose acknowledgement shows that the other side has it too; NULL: it has
ALTER TABLE roots ADD COLUMN former_since INTEGER;  -- network time since when another took its place

ALTER TABLE devices ADD COLUMN state TEXT NOT NULL DEFAULT 'confirmed'
    CHECK (state IN ('vouched', 'confirmed', 'unknown', 'refused'));
ALTER TABLE devices ADD COLUMN since INTEGER NOT NULL DEFAULT 0;   -- own clock, when it was first heard of
ALTER TABLE devices ADD COLUMN let_in INTEGER;                     -- row after which it is served; NULL: not yet, or no longer
ALTER TABLE devices ADD COLUMN rivalled INTEGER NOT NULL DEFAULT 0; -- a known device was heard since it appeared
ALTER TABLE devices ADD COLUMN left_behind INTEGER NOT NULL DEFAULT 0; -- a re-keying went on without it
ALTER TABLE devices ADD COLUMN answered_at INTEGER NOT NULL DEFAULT 0; -- network time when a reset of it was last answered
ALTER TABLE devices ADD COLUMN asked BLOB;                         -- generation of its reset that is to be answered
ALTER TABLE devices ADD COLUMN asked_root BLOB;                    -- name of the root that it was found at
ALTER TABLE devices ADD COLUMN inbox BLOB;                         -- that it named, while it is unknown
UPDATE devices SET let_in = 0, certificate = x'', offered_key = NULL, reset_at = NULL, cleared_at = NULL;

DROP TABLE prekeys_used;
DROP TABLE offered_keys;
CREATE TABLE prekeys (                  -- private halves of keys that one device may use once (core.people.conversation.prekeys)
    key_id BLOB PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversations(id),
    device BLOB NOT NULL,               -- of the other side, that it was given to
    xwing_private BLOB,                 -- NULL: none, or used
    olm_key BLOB NOT NULL,              -- public, by which a first message names it
    olm_account TEXT,                   -- pickle; NULL: used
    public BLOB NOT NULL,               -- MessagePack of core.people.conversation.prekeys.Prekey
    made_at INTEGER NOT NULL,           -- network time
    generation BLOB,                    -- where it was told in a lane
    idx INTEGER
) WITHOUT ROWID;
CREATE INDEX prekeys_by_device ON prekeys(device, made_at);
CREATE INDEX prekeys_by_olm ON prekeys(olm_key);

ALTER TABLE write_lanes ADD COLUMN rekeyed_blocks INTEGER NOT NULL DEFAULT 0; -- blocks written since the last re-keying
ALTER TABLE write_lanes ADD COLUMN restarts INTEGER NOT NULL DEFAULT 0; -- its first block says what we hold
UPDATE write_lanes SET ended = 1, chain = x'';
DELETE FROM read_lanes;
DELETE FROM held;
DELETE FROM slot_pieces;
DELETE FROM sessions;

DELETE FROM postings;
ALTER TABLE postings ADD COLUMN held INTEGER NOT NULL DEFAULT 0; -- an unknown device says that it has it
ALTER TABLE postings ADD COLUMN device BLOB;     -- resets: whom they are for
ALTER TABLE postings ADD COLUMN pause INTEGER NOT NULL DEFAULT 0; -- days that a copy is left alone before the next; 0: each day

ALTER TABLE messages ADD COLUMN again INTEGER NOT NULL DEFAULT 0; -- pending because the other side asked: paid from a budget
ALTER TABLE messages ADD COLUMN signed BLOB;                      -- what the author's device signed, and the signature
UPDATE messages SET pending = 1 WHERE incoming = 0 AND generation IS NOT NULL AND state IN ('queued', 'sent', 'stored');
UPDATE messages SET state = 'failed' WHERE incoming = 0 AND generation IS NULL AND pending = 0 AND state IN ('queued', 'sent', 'stored');
ALTER TABLE deleted ADD COLUMN at INTEGER NOT NULL DEFAULT 0;     -- network time

CREATE TABLE later (                    -- items of kinds from the future, acted on after an upgrade
    conversation INTEGER NOT NULL REFERENCES conversations(id),
    device BLOB NOT NULL,
    generation BLOB NOT NULL,
    idx INTEGER NOT NULL,
    number INTEGER NOT NULL,            -- place within its block
    kind INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    item BLOB NOT NULL,
    signed BLOB NOT NULL,
    PRIMARY KEY (generation, idx, number)
) WITHOUT ROWID;

-- Whoever waits at a door waits there with keys of before.
UPDATE conversations SET state = 'unanswered', waiting_until = NULL WHERE state = 'waiting';
UPDATE conversations SET ack_due = NULL;
DELETE FROM greetings;
DELETE FROM greetings_opened;
UPDATE invitations SET state = 'revoked', sequence = 3, xwing_private = NULL, olm_account = NULL, bundle = NULL,
    record = NULL, custodians = x'' WHERE state = 'open';
