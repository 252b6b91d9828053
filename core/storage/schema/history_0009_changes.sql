-- Replies, edits, reactions, pins. An edit or a reaction is a row like a text, so that it is encoded, acknowledged and said
-- again as texts are; but it is not shown, and lists, counts and the search pass it over by their indexes.

ALTER TABLE messages ADD COLUMN shown INTEGER NOT NULL DEFAULT 1;  -- 0: an edit or a reaction
ALTER TABLE messages ADD COLUMN about_author BLOB;                 -- with about_uid: the row that is answered, edited, reacted to
ALTER TABLE messages ADD COLUMN about_uid BLOB;
ALTER TABLE messages ADD COLUMN rank INTEGER NOT NULL DEFAULT 0;   -- of changes by one author of one row, the highest counts
ALTER TABLE messages ADD COLUMN version INTEGER NOT NULL DEFAULT 0; -- edits: the how manieth text this is; the first is 1
ALTER TABLE messages ADD COLUMN target INTEGER REFERENCES messages(seq) ON DELETE CASCADE; -- changes: that row, once it is here
ALTER TABLE messages ADD COLUMN first_text TEXT;                   -- texts that were edited: what was said at first
ALTER TABLE messages ADD COLUMN edited_at INTEGER;                 -- when the version that `text` is was said
ALTER TABLE messages ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN forwarded INTEGER NOT NULL DEFAULT 0;

DROP INDEX messages_by_conversation;
DROP INDEX messages_unread;
CREATE INDEX messages_in_order ON messages(conversation, shown, seq);
CREATE INDEX messages_unread ON messages(conversation, seq) WHERE state = 'received' AND shown = 1;
CREATE INDEX messages_by_time ON messages(conversation, sent_at) WHERE shown = 1;
CREATE INDEX messages_pinned ON messages(conversation, seq) WHERE pinned = 1;
CREATE INDEX changes_about ON messages(conversation, about_author, about_uid) WHERE shown = 0;
CREATE INDEX changes_by_target ON messages(target) WHERE target IS NOT NULL;
CREATE INDEX changes_waiting ON messages(conversation, author, seq) WHERE shown = 0 AND target IS NULL;
CREATE INDEX messages_raw ON messages(kind) WHERE raw IS NOT NULL;

DROP TRIGGER messages_ai;
DROP TRIGGER messages_ad;
DROP TRIGGER messages_au;
CREATE TRIGGER messages_ai AFTER INSERT ON messages WHEN new.shown = 1 AND new.kind NOT IN (6, -6) BEGIN
    INSERT INTO search(rowid, terms) VALUES (new.seq, search_terms(new.text, new.conversation));
END;
CREATE TRIGGER messages_ad AFTER DELETE ON messages
WHEN old.shown = 1 AND old.kind NOT IN (6, -6) AND old.seq >= (SELECT below FROM search_state) BEGIN
    INSERT INTO search(search, rowid, terms) VALUES ('delete', old.seq, search_terms(old.text, old.conversation));
END;
CREATE TRIGGER messages_au AFTER UPDATE OF text, conversation ON messages
WHEN old.shown = 1 AND old.kind NOT IN (6, -6) AND old.seq >= (SELECT below FROM search_state) BEGIN
    INSERT INTO search(search, rowid, terms) VALUES ('delete', old.seq, search_terms(old.text, old.conversation));
    INSERT INTO search(rowid, terms) VALUES (new.seq, search_terms(new.text, new.conversation));
END;

CREATE TABLE ledger (                   -- when a row came into a state, by our own clock
    message INTEGER NOT NULL REFERENCES messages(seq) ON DELETE CASCADE,
    state TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (message, state)
) WITHOUT ROWID;
