//! Photos arrive: settle, hash, read metadata, file under the event, append.
