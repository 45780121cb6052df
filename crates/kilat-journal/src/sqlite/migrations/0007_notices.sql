-- The ledger of notices: what stands open, what was folded into what. `form` 0: body is the notice as it was raised,
-- by a version without a ledger; 1: it is how the notice stands.

ALTER TABLE notices ADD COLUMN form INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notices ADD COLUMN key TEXT;
ALTER TABLE notices ADD COLUMN is_open INTEGER NOT NULL DEFAULT 0;
ALTER TABLE notices ADD COLUMN is_untold INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX notices_open ON notices (key) WHERE is_open;
CREATE INDEX notices_open_offsets ON notices (offset) WHERE is_open;
CREATE INDEX notices_untold ON notices (no) WHERE is_untold;

CREATE TABLE notice_causes (
    no INTEGER PRIMARY KEY,
    cause TEXT NOT NULL UNIQUE
) STRICT;

-- What followers must know after a restart and nobody else must ever: how far they came, who wants to be told.
CREATE TABLE notes (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
