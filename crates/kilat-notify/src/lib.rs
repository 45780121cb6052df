//! Turns what happened into the few notifications that a person must see.
