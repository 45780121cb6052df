//! The machine that Kilat runs on: free space first.
