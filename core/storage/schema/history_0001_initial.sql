-- A person's file. Everything that may not be lost, and nothing that must not be kept: chain secrets move forward,
-- what was acknowledged leaves `postings` with its keys, sessions are overwritten.

CREATE TABLE account (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL,
    device_seed BLOB NOT NULL,
    certificate BLOB NOT NULL,          -- MessagePack of core.people.format.device.Certificate
    olm_account TEXT NOT NULL,
    pickle_key BLOB NOT NULL,           -- random; ratchet states are sealed with it inside this file
    counter INTEGER NOT NULL DEFAULT 0, -- grows with every change that a packet may show; core.vault.mark holds it too
    online_ms INTEGER NOT NULL DEFAULT 0, -- how long this account has been online in all: holes wait by this clock
    settings BLOB NOT NULL
);

CREATE TABLE conversations (
    id INTEGER PRIMARY KEY,
    public_id TEXT NOT NULL UNIQUE,
    identity BLOB NOT NULL UNIQUE,      -- the other side; groups will have a table of members
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'open', 'unanswered')),
    created_at INTEGER NOT NULL,
    waiting_until INTEGER,              -- when the link of a greeting that waits is over
    opened_at INTEGER,                  -- network time when it last became open
    read_upto INTEGER NOT NULL DEFAULT 0, -- row of the last message seen here
    ack_due INTEGER,                    -- monotonic milliseconds cannot be kept: 1 = owed, NULL = nothing owed
    draft TEXT NOT NULL DEFAULT ''
);

CREATE TABLE roots (
    conversation INTEGER NOT NULL REFERENCES conversations(id),
    greeting_hash BLOB NOT NULL,
    root BLOB NOT NULL,
    born INTEGER NOT NULL,              -- order in which roots came
    PRIMARY KEY (conversation, greeting_hash)
) WITHOUT ROWID;

CREATE TABLE devices (
    device BLOB PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversations(id),
    certificate BLOB NOT NULL,
    offered_key BLOB,                   -- X-Wing public key the device offered for our next re-keying
    reset_at INTEGER,                   -- when the latest reset of it that we know was made
    cleared_at INTEGER                  -- the same, of those that leave nothing to read in its older lanes
) WITHOUT ROWID;
CREATE INDEX devices_by_conversation ON devices(conversation);

CREATE TABLE offered_keys (             -- ours, waiting to be used once
    key_id BLOB PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversations(id),
    private BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    device BLOB NOT NULL REFERENCES devices(device) DEFERRABLE INITIALLY DEFERRED,
    pickle TEXT NOT NULL,
    used INTEGER NOT NULL,              -- order in which messages last came in: the latest is written to
    sendable INTEGER NOT NULL DEFAULT 1
) WITHOUT ROWID;
CREATE INDEX sessions_by_device ON sessions(device, used);

CREATE TABLE prekeys_used (id TEXT PRIMARY KEY) WITHOUT ROWID;

CREATE TABLE write_lanes (
    generation BLOB PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversations(id),
    scalar BLOB NOT NULL,
    chain BLOB NOT NULL,                -- of next_index
    next_index INTEGER NOT NULL DEFAULT 0,
    born INTEGER NOT NULL,              -- order of generations
    made_at INTEGER NOT NULL,           -- network time when it began; later than that of every generation before
    rekeyed_index INTEGER NOT NULL DEFAULT 0,
    rekeyed_at INTEGER NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX write_lanes_by_conversation ON write_lanes(conversation);

CREATE TABLE read_lanes (
    generation BLOB PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversations(id),
    device BLOB NOT NULL,
    point BLOB NOT NULL,
    chain BLOB NOT NULL,                -- of next_index
    next_index INTEGER NOT NULL DEFAULT 0, -- every index below is committed
    born INTEGER NOT NULL,              -- order of generations: the latest is the device's own
    ended_at INTEGER,                   -- network time since when it is not read any more; kept to know it again
    broken_at INTEGER,                  -- the first index that could not be opened: nothing from there on is acknowledged
    hole_since INTEGER,                 -- account.online_ms when next_index was first found missing
    given_up BLOB NOT NULL DEFAULT x''  -- secrets of indexes that were given up, for what still comes late
) WITHOUT ROWID;
CREATE INDEX read_lanes_by_conversation ON read_lanes(conversation);

CREATE TABLE held (                     -- opened boxes beyond a hole, or of a block not yet whole
    generation BLOB NOT NULL,
    idx INTEGER NOT NULL,
    plaintext BLOB NOT NULL,
    PRIMARY KEY (generation, idx)
) WITHOUT ROWID;

CREATE TABLE slot_pieces (              -- opened boxes of slots, up to four variants each
    watch TEXT NOT NULL,
    day INTEGER NOT NULL,
    number INTEGER NOT NULL,
    fragment INTEGER NOT NULL,
    variant BLOB NOT NULL,
    plaintext BLOB NOT NULL,
    PRIMARY KEY (watch, day, number, fragment, variant)
) WITHOUT ROWID;

CREATE TABLE postings (                 -- what has to lie in the network until it is acknowledged
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('block', 'greeting', 'acceptance', 'reset')),
    conversation INTEGER NOT NULL REFERENCES conversations(id),
    generation BLOB,                    -- blocks: the lane; resets: the generation they announce
    first_index INTEGER NOT NULL DEFAULT 0,
    fragments INTEGER NOT NULL,
    payload BLOB NOT NULL,              -- fragments × 768 bytes of box plaintext
    secrets BLOB NOT NULL,              -- blocks: fragments × (K ‖ E); slots: secret ‖ number
    message INTEGER REFERENCES messages(seq) ON DELETE SET NULL,
    made_at INTEGER NOT NULL,
    until INTEGER NOT NULL              -- when trying ends
);
CREATE INDEX postings_by_lane ON postings(generation, first_index);
CREATE INDEX postings_by_conversation ON postings(conversation, kind);

CREATE TABLE deposits (                 -- one day's copy of one fragment, kept so that it is repeated byte for byte
    parcel_id BLOB PRIMARY KEY,
    posting INTEGER NOT NULL REFERENCES postings(id) ON DELETE CASCADE,
    fragment INTEGER NOT NULL,
    day INTEGER NOT NULL,
    expiry_hour INTEGER NOT NULL,
    box BLOB NOT NULL,
    custodians BLOB NOT NULL DEFAULT x'' -- node ids that confirmed, 32 bytes each
) WITHOUT ROWID;
CREATE INDEX deposits_by_posting ON deposits(posting, fragment, day);

CREATE TABLE messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, -- local commit order: what message.list goes by
    id TEXT NOT NULL UNIQUE,
    conversation INTEGER NOT NULL REFERENCES conversations(id),
    uid BLOB NOT NULL,
    author BLOB NOT NULL,
    device BLOB NOT NULL,
    generation BLOB,
    idx INTEGER,                        -- where in its lane
    incoming INTEGER NOT NULL,
    kind INTEGER NOT NULL,              -- content kind (docs/PROTOCOL.md 7); 0 = something is missing here
    text TEXT NOT NULL,
    raw BLOB,                           -- an unknown kind, as it came
    sent_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    copies INTEGER,
    until INTEGER,
    late INTEGER NOT NULL DEFAULT 0,
    pending INTEGER NOT NULL DEFAULT 0, -- waits to be encoded into a lane
    UNIQUE (conversation, author, uid)
);
CREATE INDEX messages_by_conversation ON messages(conversation, seq);
CREATE INDEX messages_unread ON messages(conversation, seq) WHERE incoming = 1;
CREATE INDEX messages_pending ON messages(seq) WHERE pending = 1;
CREATE INDEX messages_by_lane ON messages(generation, idx);

CREATE VIRTUAL TABLE search USING fts5(text, content = 'messages', content_rowid = 'seq', tokenize = 'unicode61 remove_diacritics 2');
INSERT INTO search(search, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER messages_ai AFTER INSERT ON messages BEGIN
    INSERT INTO search(rowid, text) VALUES (new.seq, new.text);
END;
CREATE TRIGGER messages_ad AFTER DELETE ON messages BEGIN
    INSERT INTO search(search, rowid, text) VALUES ('delete', old.seq, old.text);
END;
CREATE TRIGGER messages_au AFTER UPDATE OF text ON messages BEGIN
    INSERT INTO search(search, rowid, text) VALUES ('delete', old.seq, old.text);
    INSERT INTO search(rowid, text) VALUES (new.seq, new.text);
END;

CREATE TABLE deleted (                  -- what was deleted here must not come back with a late copy
    conversation INTEGER NOT NULL,
    author BLOB NOT NULL,
    uid BLOB NOT NULL,
    PRIMARY KEY (conversation, author, uid)
) WITHOUT ROWID;

CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    link TEXT NOT NULL,
    record_id BLOB NOT NULL,            -- where the link's record lies
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    max_uses INTEGER,
    uses INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('open', 'used', 'revoked')),
    note TEXT NOT NULL,
    xwing_private BLOB,                 -- gone when the invitation is over
    olm_account TEXT,
    bundle BLOB,
    sequence INTEGER NOT NULL,          -- of the record that should be in the network now
    record BLOB,                        -- that record with its work, once it is made
    custodians BLOB NOT NULL DEFAULT x''
) WITHOUT ROWID;

CREATE TABLE greetings_opened (
    greeting_hash BLOB PRIMARY KEY,
    invitation TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE greetings (                -- strangers at the door
    id TEXT PRIMARY KEY,
    invitation TEXT NOT NULL,
    greeting BLOB NOT NULL,             -- MessagePack of core.people.format.greeting.Greeting
    identity BLOB NOT NULL,
    root BLOB NOT NULL,
    greeting_hash BLOB NOT NULL,
    session TEXT NOT NULL,              -- pickle
    received_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE tags (tag BLOB PRIMARY KEY, hour INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX tags_by_hour ON tags(hour);

CREATE TABLE cursors (
    custodian BLOB PRIMARY KEY,
    run BLOB NOT NULL,
    arrival INTEGER NOT NULL,
    hour INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE peers (
    node BLOB PRIMARY KEY,
    host TEXT NOT NULL,
    port INTEGER NOT NULL
) WITHOUT ROWID;
