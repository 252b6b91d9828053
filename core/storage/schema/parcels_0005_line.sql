-- What former runs found out about the line, so that the next one knows which part to play.
CREATE TABLE line (
    only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
    is_metered INTEGER NOT NULL,
    is_shut INTEGER NOT NULL,
    full_nodes INTEGER NOT NULL
) STRICT;
INSERT INTO line (only_one, is_metered, is_shut, full_nodes) VALUES (1, 0, 0, 0);
