-- Restores that the server does: what was asked for, what there was to bring, how it ended.

-- Ended ones have an instant of their end; at most one goes.
CREATE TABLE restores (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    asked_at_ms INTEGER NOT NULL,
    -- What was found; null before that.
    totals TEXT,
    warnings TEXT NOT NULL DEFAULT '[]',
    is_cancelling INTEGER NOT NULL DEFAULT 0,
    ended TEXT,
    ended_at_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX restores_going ON restores (ended_at_ms IS NULL) WHERE ended_at_ms IS NULL;
