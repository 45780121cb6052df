-- What the settings do not name any more is remembered, but not in use. Copies due there are set aside.

ALTER TABLE sources ADD COLUMN is_removed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE destinations ADD COLUMN is_removed INTEGER NOT NULL DEFAULT 0;
