-- Secrets of destinations and of targets, sealed with a key that is not in this file.

CREATE TABLE secrets (
    about TEXT PRIMARY KEY,
    sealed TEXT NOT NULL
) STRICT, WITHOUT ROWID;
