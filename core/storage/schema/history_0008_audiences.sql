-- A person has devices, a conversation has members, and what is known of a device in one conversation is kept for that
-- conversation alone. Of this version only conversations of two are made; the others are what comes next.

ALTER TABLE conversations ADD COLUMN kind TEXT NOT NULL DEFAULT 'direct' CHECK (kind IN ('direct', 'self', 'group', 'channel'));
-- To whom all that is said in it is addressed, as signatures name it. Direct: the other's identity. Self: one's own. Of a
-- group or channel: its id, which is nobody's identity.
ALTER TABLE conversations RENAME COLUMN identity TO recipient;

CREATE TABLE members (                  -- who else takes part in a conversation; oneself always does
    conversation INTEGER NOT NULL REFERENCES conversations(id),
    identity BLOB NOT NULL,
    PRIMARY KEY (conversation, identity)
) WITHOUT ROWID;
CREATE INDEX members_by_identity ON members(identity);
INSERT INTO members(conversation, identity) SELECT id, recipient FROM conversations;

CREATE TABLE identified_devices (       -- whose a device is, and how far it is trusted
    device BLOB PRIMARY KEY,
    identity BLOB NOT NULL,
    certificate BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('vouched', 'confirmed', 'unknown', 'refused')),
    since INTEGER NOT NULL,             -- own clock, when it was first heard of
    heard_at INTEGER NOT NULL,          -- network time of the last that came from it, to a day
    rivalled INTEGER NOT NULL DEFAULT 0, -- a known device of its identity was heard since it appeared
    inbox BLOB,                         -- that it named for its identity, while it is unknown
    inbox_number INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
INSERT INTO identified_devices
    SELECT device, c.recipient, certificate, d.state, since, heard_at, rivalled, d.inbox, d.inbox_number
    FROM devices d JOIN conversations c ON c.id = d.conversation;

CREATE TABLE conversation_devices (     -- a device in a conversation: what it is served, what it offered, how its lane stands
    conversation INTEGER NOT NULL REFERENCES conversations(id),
    device BLOB NOT NULL REFERENCES identified_devices(device),
    let_in INTEGER,                     -- row after which it is served; NULL: not yet, or no longer
    left_behind INTEGER NOT NULL DEFAULT 0, -- a re-keying went on without it
    offered_key BLOB,                   -- prekey that it offered us and we have not used, as MessagePack
    reset_at INTEGER,                   -- when the latest reset of it that we know was made
    cleared_at INTEGER,                 -- the same, of those that leave nothing to read in its older lanes
    asked BLOB,                         -- generation of its reset that is to be answered
    asked_root BLOB,                    -- name of the root that it was found at
    answered_at INTEGER NOT NULL DEFAULT 0, -- network time when a reset of it was last answered
    PRIMARY KEY (conversation, device)
) WITHOUT ROWID;
CREATE INDEX conversation_devices_by_device ON conversation_devices(device);
INSERT INTO conversation_devices
    SELECT conversation, device, let_in, left_behind, offered_key, reset_at, cleared_at, asked, asked_root, answered_at
    FROM devices;

CREATE TABLE conversation_sessions (    -- double ratchets with a device, those of each conversation apart
    id TEXT PRIMARY KEY,
    conversation INTEGER NOT NULL,
    device BLOB NOT NULL,
    pickle TEXT NOT NULL,
    used INTEGER NOT NULL,              -- order in which messages last came in: the latest is written to
    sendable INTEGER NOT NULL DEFAULT 1,
    FOREIGN KEY (conversation, device) REFERENCES conversation_devices(conversation, device) DEFERRABLE INITIALLY DEFERRED
) WITHOUT ROWID;
INSERT INTO conversation_sessions
    SELECT id, conversation, device, pickle, used, sendable FROM sessions JOIN devices USING (device);

CREATE TABLE receipts (                 -- for which devices a posting that is deposited on waits no more
    posting INTEGER NOT NULL REFERENCES postings(id) ON DELETE CASCADE,
    device BLOB NOT NULL,
    excused INTEGER NOT NULL DEFAULT 0, -- it was let in later and is not to read it; else it says that it holds it
    PRIMARY KEY (posting, device)
) WITHOUT ROWID;
INSERT INTO receipts(posting, device)
    SELECT p.id, d.device FROM postings p JOIN devices d USING (conversation) WHERE p.held = 1 AND d.state = 'unknown';
ALTER TABLE postings DROP COLUMN held;

DROP TABLE sessions;
DROP TABLE devices;
ALTER TABLE identified_devices RENAME TO devices;
ALTER TABLE conversation_sessions RENAME TO sessions;
CREATE INDEX devices_by_identity ON devices(identity);
CREATE INDEX sessions_by_device ON sessions(conversation, device, used);

-- `author` is the identity that wrote a row, `device` its device that did; of a notice, whom and which device it is about.
-- Whether it is one's own is seen by that. The state says whether it came in: what others wrote is 'received', and stays so.
DROP INDEX messages_unread;
UPDATE messages SET state = 'received' WHERE incoming = 1 AND state <> 'received';
ALTER TABLE messages DROP COLUMN incoming;
CREATE INDEX messages_unread ON messages(conversation, seq) WHERE state = 'received';

CREATE TABLE attachments (              -- what comes with a row: described here, its bytes here or in the network
    message INTEGER NOT NULL REFERENCES messages(seq) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number BETWEEN 0 AND 15),
    kind TEXT NOT NULL CHECK (kind IN ('file', 'image', 'audio', 'video')),
    name TEXT NOT NULL CHECK (length(CAST(name AS BLOB)) <= 255),
    size INTEGER NOT NULL CHECK (size >= 0), -- of the whole content, bytes
    digest BLOB NOT NULL CHECK (length(digest) = 32), -- SHA-256 of the whole content
    reference BLOB CHECK (length(reference) <= 1024), -- how it is found and opened in the network; NULL: it is nowhere
    state TEXT NOT NULL CHECK (state IN ('offered', 'fetching', 'here', 'lost')),
    bytes BLOB CHECK (length(bytes) <= 262144), -- NULL: not here
    UNIQUE (message, number)
);
