-- Event backups: runs, the copies that they made, and when any copy was read back last.

-- Ended runs have an instant of their end; at most one run of a kind goes for an event and a destination.
CREATE TABLE backup_runs (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    event TEXT NOT NULL REFERENCES events (id),
    destination TEXT NOT NULL REFERENCES destinations (id),
    kind TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    asked_at_ms INTEGER NOT NULL,
    step TEXT NOT NULL DEFAULT 'queued',
    is_paused INTEGER NOT NULL DEFAULT 0,
    is_cancelling INTEGER NOT NULL DEFAULT 0,
    waits TEXT,
    -- What it found when it compared; null before that.
    totals TEXT,
    -- By this run: copied or found by their bytes, read back, given up or found bad.
    stored INTEGER NOT NULL DEFAULT 0,
    stored_bytes INTEGER NOT NULL DEFAULT 0,
    proven INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    outcome TEXT,
    ended_at_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX backup_runs_going ON backup_runs (event, destination, kind) WHERE ended_at_ms IS NULL;
CREATE INDEX backup_runs_ended ON backup_runs (ended_at_ms) WHERE ended_at_ms IS NOT NULL;
CREATE INDEX backup_runs_events ON backup_runs (event, no);

-- States: stored, failed (given up by a run), missing, damaged (found so since).
CREATE TABLE backup_copies (
    destination TEXT NOT NULL REFERENCES destinations (id),
    photo_no INTEGER NOT NULL REFERENCES photos (no),
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    key TEXT,
    read_back TEXT,
    proven_at_ms INTEGER,
    proven_offset INTEGER,
    -- When its key was recorded, so that a list of the copies knows whether it is complete.
    stored_offset INTEGER,
    message TEXT,
    PRIMARY KEY (destination, photo_no)
) STRICT, WITHOUT ROWID;
CREATE INDEX backup_copies_photos ON backup_copies (photo_no);
CREATE INDEX backup_copies_events ON backup_copies (destination, event, state);
CREATE INDEX backup_copies_proven ON backup_copies (destination, proven_offset) WHERE state = 'stored';

-- What a run gave up; a bounded number of each.
CREATE TABLE backup_failures (
    run_no INTEGER NOT NULL REFERENCES backup_runs (no) ON DELETE CASCADE,
    photo_no INTEGER NOT NULL REFERENCES photos (no),
    message TEXT NOT NULL,
    PRIMARY KEY (run_no, photo_no)
) STRICT, WITHOUT ROWID;

-- Not from the log: where an interrupted copy goes on. Lost, the copy begins anew.
CREATE TABLE backup_parts (
    destination TEXT NOT NULL,
    photo_no INTEGER NOT NULL,
    resume TEXT NOT NULL,
    PRIMARY KEY (destination, photo_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE backup_seals (
    event TEXT NOT NULL,
    destination TEXT NOT NULL,
    as_of INTEGER NOT NULL,
    PRIMARY KEY (event, destination)
) STRICT, WITHOUT ROWID;

-- The disk that a destination lies on.
CREATE TABLE volumes (
    destination TEXT PRIMARY KEY,
    volume TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE scrubs (
    destination TEXT PRIMARY KEY,
    -- Copies proven before this place in the log are read back whatever their age.
    asked_offset INTEGER NOT NULL DEFAULT 0,
    -- Asked for, and no scrub has ended since that began after it.
    is_due INTEGER NOT NULL DEFAULT 0,
    began_at_ms INTEGER,
    ended_at_ms INTEGER,
    sound INTEGER NOT NULL DEFAULT 0,
    missing INTEGER NOT NULL DEFAULT 0,
    damaged INTEGER NOT NULL DEFAULT 0,
    mended INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- When a copy at an upload destination was read back last; null: when it was made, by an older version.
ALTER TABLE copies ADD COLUMN proven_at_ms INTEGER;
ALTER TABLE copies ADD COLUMN proven_offset INTEGER;
CREATE INDEX copies_proven ON copies (destination, IFNULL(proven_offset, 0)) WHERE state = 'stored';
