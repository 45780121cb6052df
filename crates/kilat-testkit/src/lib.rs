//! A whole Kilat for tests, and the oracle that judges it from outside.
