//! One port to storage: put, read back, list, probe.
