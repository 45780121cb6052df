-- What the newest scrub of a destination found wrong with the lists of copies there, as a JSON list of sentences.
ALTER TABLE scrubs ADD COLUMN flaws TEXT NOT NULL DEFAULT '[]';

-- The list of an event's copies was found damaged since it was written: the next backup writes another.
ALTER TABLE backup_seals ADD COLUMN is_damaged INTEGER NOT NULL DEFAULT 0;
