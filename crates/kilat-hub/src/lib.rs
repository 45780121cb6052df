//! Projects the journal and the board to channels, and keeps one bounded outbox per viewer.
