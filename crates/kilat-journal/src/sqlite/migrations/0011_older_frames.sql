-- Files of earlier shoots that an event's cards brought: no part of it.

ALTER TABLE frames ADD COLUMN is_older INTEGER NOT NULL DEFAULT 0;
