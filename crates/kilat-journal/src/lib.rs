//! The durable, ordered record of what happened, and the work that follows from it.
