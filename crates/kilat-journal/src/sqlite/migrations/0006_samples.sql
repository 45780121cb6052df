-- The machine's past, a row a minute. Not in the log: it may be lost, and only the newest rows are kept.
-- By their number, not by their time: a clock that jumped forward for a while must not take the others away.
CREATE TABLE samples (
    no INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    spans TEXT NOT NULL
) STRICT;
CREATE INDEX samples_by_time ON samples (at_ms);
