//! Photos leave: lease, copy, verify, append the outcome.
