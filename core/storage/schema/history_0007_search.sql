-- Search by core.search_terms: parts of words, in every script. The index begins empty and is filled in steps
-- (core.storage.search_index); SQL functions of that name are given to each connection.

DROP TRIGGER messages_ai;
DROP TRIGGER messages_ad;
DROP TRIGGER messages_au;
DROP TABLE search;

CREATE TABLE search_state (
    definition TEXT NOT NULL,           -- of words and terms, by which the index is made
    below INTEGER NOT NULL              -- rows from here on are in the index; 0: all are
);
INSERT INTO search_state VALUES (search_definition(), (SELECT coalesce(max(seq), 0) + 1 FROM messages));

-- Of kinds 6 and -6 the text is a code, nothing that was said. Neither texts nor places in them are kept; each ASCII sign is part of a term.
CREATE VIRTUAL TABLE search USING fts5(terms, content = '', columnsize = 0, detail = none,
    tokenize = "ascii tokenchars '!""#$%&''()*+,-./:;<=>?@[\]^_`{|}~'");
INSERT INTO search(search, rank) VALUES ('secure-delete', 1);
CREATE TRIGGER messages_ai AFTER INSERT ON messages WHEN new.kind NOT IN (6, -6) BEGIN
    INSERT INTO search(rowid, terms) VALUES (new.seq, search_terms(new.text, new.conversation));
END;
CREATE TRIGGER messages_ad AFTER DELETE ON messages
WHEN old.kind NOT IN (6, -6) AND old.seq >= (SELECT below FROM search_state) BEGIN
    INSERT INTO search(search, rowid, terms) VALUES ('delete', old.seq, search_terms(old.text, old.conversation));
END;
CREATE TRIGGER messages_au AFTER UPDATE OF text, conversation ON messages
WHEN old.kind NOT IN (6, -6) AND old.seq >= (SELECT below FROM search_state) BEGIN
    INSERT INTO search(search, rowid, terms) VALUES ('delete', old.seq, search_terms(old.text, old.conversation));
    INSERT INTO search(rowid, terms) VALUES (new.seq, search_terms(new.text, new.conversation));
END;
