-- Rows taken from an archive have numbers below zero, by their time, so that they stand before all that was said since and
-- count as read. In the index they are like others. `below` 0 means that all rows are in it, those below zero too.

DROP TRIGGER messages_ai;
DROP TRIGGER messages_ad;
DROP TRIGGER messages_au;
CREATE TRIGGER messages_ai AFTER INSERT ON messages
WHEN new.shown = 1 AND new.kind NOT IN (6, -6) AND (SELECT below = 0 OR new.seq >= below FROM search_state) BEGIN
    INSERT INTO search(rowid, terms) VALUES (new.seq, search_terms(new.text, new.conversation));
END;
CREATE TRIGGER messages_ad AFTER DELETE ON messages
WHEN old.shown = 1 AND old.kind NOT IN (6, -6) AND (SELECT below = 0 OR old.seq >= below FROM search_state) BEGIN
    INSERT INTO search(search, rowid, terms) VALUES ('delete', old.seq, search_terms(old.text, old.conversation));
END;
CREATE TRIGGER messages_au AFTER UPDATE OF text, conversation ON messages
WHEN old.shown = 1 AND old.kind NOT IN (6, -6) AND (SELECT below = 0 OR old.seq >= below FROM search_state) BEGIN
    INSERT INTO search(search, rowid, terms) VALUES ('delete', old.seq, search_terms(old.text, old.conversation));
    INSERT INTO search(rowid, terms) VALUES (new.seq, search_terms(new.text, new.conversation));
END;
