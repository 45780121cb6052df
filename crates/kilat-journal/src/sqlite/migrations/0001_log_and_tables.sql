-- The log is the truth; every other table is what follows from it, applied in the same transaction.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE log (
    offset INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    fact TEXT NOT NULL
) STRICT;

CREATE TABLE events (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    date TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    held INTEGER NOT NULL DEFAULT 0,
    held_bytes INTEGER NOT NULL DEFAULT 0,
    stored INTEGER NOT NULL DEFAULT 0,
    safe INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    unfiled INTEGER NOT NULL DEFAULT 0,
    incomplete INTEGER NOT NULL DEFAULT 0,
    last_photo_no INTEGER
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX events_active ON events (status) WHERE status = 'active';

CREATE TABLE sources (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE destinations (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A frame: its RAW, JPEG and sidecar stand under one stem, which no other frame has.
CREATE TABLE groups (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    stem TEXT NOT NULL,
    stem_folded TEXT NOT NULL UNIQUE,
    base_folded TEXT NOT NULL,
    number INTEGER NOT NULL
) STRICT;
CREATE INDEX groups_numbers ON groups (base_folded, number);

CREATE TABLE photos (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    event TEXT NOT NULL REFERENCES events (id),
    group_no INTEGER NOT NULL REFERENCES groups (no),
    hash BLOB NOT NULL,
    proof BLOB NOT NULL,
    size_bytes INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    key_folded TEXT NOT NULL UNIQUE,
    make TEXT,
    model TEXT,
    serial TEXT,
    taken TEXT,
    taken_offset_minutes INTEGER,
    orientation INTEGER NOT NULL,
    width INTEGER,
    height INTEGER,
    filed_at_ms INTEGER NOT NULL,
    source TEXT NOT NULL,
    path TEXT NOT NULL,
    -- What grouping looks for.
    folder TEXT NOT NULL,
    stem_folded TEXT NOT NULL,
    ext_folded TEXT NOT NULL,
    camera TEXT,
    taken_second TEXT,
    -- When it was taken, else filed: what screens and copies are ordered by.
    order_ms INTEGER NOT NULL,
    due INTEGER NOT NULL,
    stored INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (event, hash),
    UNIQUE (group_no, ext_folded)
) STRICT;
CREATE INDEX photos_newest ON photos (event, order_ms, no);
CREATE INDEX photos_frames ON photos (event, camera, taken_second, stem_folded) WHERE camera IS NOT NULL;
CREATE INDEX photos_neighbours ON photos (event, source, folder, stem_folded);

CREATE TABLE arrivals (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    source TEXT NOT NULL REFERENCES sources (id),
    path TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ino INTEGER NOT NULL,
    event TEXT NOT NULL REFERENCES events (id),
    at_ms INTEGER NOT NULL,
    status TEXT NOT NULL DEFAULT 'seen',
    photo_no INTEGER REFERENCES photos (no),
    failure TEXT,
    message TEXT,
    failed_at_ms INTEGER,
    is_superseded INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX arrivals_paths ON arrivals (source, path, no);
CREATE INDEX arrivals_unfinished ON arrivals (no) WHERE status = 'seen';
CREATE INDEX arrivals_unfiled ON arrivals (failed_at_ms) WHERE status = 'failed' AND is_superseded = 0;

-- States: ready (may be copied now), waiting (not before an instant), failed (given up), stored.
CREATE TABLE copies (
    photo_no INTEGER NOT NULL REFERENCES photos (no),
    destination TEXT NOT NULL REFERENCES destinations (id),
    state TEXT NOT NULL DEFAULT 'ready',
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before_ms INTEGER,
    message TEXT,
    changed_at_ms INTEGER NOT NULL,
    key TEXT,
    read_back TEXT,
    -- The order of leases, copied from the photo so that one index holds it.
    event TEXT NOT NULL,
    rank INTEGER NOT NULL,
    order_ms INTEGER NOT NULL,
    PRIMARY KEY (photo_no, destination)
) STRICT, WITHOUT ROWID;
CREATE INDEX copies_ready ON copies (destination, event, rank, order_ms DESC, photo_no DESC) WHERE state = 'ready';
CREATE INDEX copies_waiting ON copies (destination, not_before_ms) WHERE state = 'waiting';
CREATE INDEX copies_failed ON copies (changed_at_ms) WHERE state = 'failed';

CREATE TABLE copy_counts (
    event TEXT NOT NULL REFERENCES events (id),
    destination TEXT NOT NULL REFERENCES destinations (id),
    stored INTEGER NOT NULL DEFAULT 0,
    pending INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    last_stored_at_ms INTEGER,
    PRIMARY KEY (event, destination)
) STRICT, WITHOUT ROWID;

CREATE TABLE cameras (
    event TEXT NOT NULL REFERENCES events (id),
    camera TEXT NOT NULL,
    make TEXT NOT NULL,
    model TEXT NOT NULL,
    serial TEXT,
    held INTEGER NOT NULL,
    last_filed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (event, camera)
) STRICT, WITHOUT ROWID;
CREATE INDEX cameras_last ON cameras (event, last_filed_at_ms);

CREATE TABLE notices (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    offset INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX notices_offsets ON notices (offset);
