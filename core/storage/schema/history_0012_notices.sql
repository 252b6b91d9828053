-- How the person is told of what comes in a conversation: 'always', 'bell' or 'never'.

ALTER TABLE conversations ADD COLUMN notify TEXT NOT NULL DEFAULT 'always';
