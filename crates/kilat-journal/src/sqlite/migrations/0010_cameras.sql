-- Cameras, senders and cards; what their own lists name; who handed in each arrival.

CREATE TABLE known_cameras (
    id TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    message TEXT,
    since_ms INTEGER NOT NULL,
    added_at_ms INTEGER NOT NULL,
    is_removed INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What the card of a camera held, by its own list. A frame that is gone from it stays, with when.
CREATE TABLE frames (
    no INTEGER PRIMARY KEY,
    camera TEXT NOT NULL REFERENCES known_cameras (id),
    event TEXT NOT NULL REFERENCES events (id),
    path TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    written_s INTEGER,
    listed_at_ms INTEGER NOT NULL,
    gone_at_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX frames_listed ON frames (camera, event, path, size_bytes, COALESCE(written_s, 0));
CREATE INDEX frames_names ON frames (event, name_folded, size_bytes);

ALTER TABLE arrivals ADD COLUMN way TEXT;
ALTER TABLE arrivals ADD COLUMN via TEXT;
CREATE INDEX arrivals_via ON arrivals (via, no) WHERE via IS NOT NULL;
CREATE INDEX arrivals_photos ON arrivals (photo_no, no) WHERE photo_no IS NOT NULL;

-- What photos told of the clocks of their bodies: photos' order_ms is corrected by it, what they say themselves is not.
CREATE TABLE clocks (
    event TEXT NOT NULL REFERENCES events (id),
    camera TEXT NOT NULL,
    body TEXT NOT NULL,
    skew_ms INTEGER NOT NULL,
    -- It is so of photos that were filed since.
    since_ms INTEGER NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    PRIMARY KEY (event, camera)
) STRICT, WITHOUT ROWID;

-- What an account of cameras reads of all photos of an event.
CREATE INDEX copies_held ON copies (event, photo_no, destination) WHERE state = 'stored';
