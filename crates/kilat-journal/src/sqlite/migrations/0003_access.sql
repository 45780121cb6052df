-- Who may come in. Of secrets only their hashes.

CREATE TABLE users (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    user TEXT REFERENCES users (name),
    body TEXT NOT NULL
) STRICT;
CREATE INDEX tokens_users ON tokens (user) WHERE user IS NOT NULL;
CREATE INDEX tokens_kinds ON tokens (kind);
