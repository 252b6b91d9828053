-- What may be said to have been taken back: a text of which nothing ever left, in none of its encodings.

ALTER TABLE messages ADD COLUMN departed INTEGER NOT NULL DEFAULT 0; -- ours: a copy of it was handed to the node, or may have been

-- Of earlier encodings nothing was kept. So all count as having left but what waits to be encoded for the first time, and
-- what waits for the first copy of the posting that it has.
UPDATE messages SET departed = 1 WHERE incoming = 0 AND NOT (state = 'queued' AND (
    (pending = 1 AND generation IS NULL AND NOT EXISTS (SELECT 1 FROM postings p WHERE p.message = messages.seq))
    OR (EXISTS (SELECT 1 FROM postings p WHERE p.message = messages.seq)
        AND NOT EXISTS (SELECT 1 FROM postings p JOIN deposits d ON d.posting = p.id WHERE p.message = messages.seq))));

-- The posting in whose place this one stands since its text was taken back; it is encoded, as an empty block, when its turn
-- has come: its payload is empty until then.
ALTER TABLE postings ADD COLUMN stead INTEGER;
CREATE INDEX postings_emptied ON postings(generation, first_index) WHERE payload = x'';
