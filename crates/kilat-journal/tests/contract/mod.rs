//! What every backend of the journal must do: each function is one promise, run on a fresh place.

pub(crate) mod access;
pub(crate) mod backups;
pub(crate) mod counts;
pub(crate) mod facts;
pub(crate) mod filing;
pub(crate) mod frames;
pub(crate) mod leases;
pub(crate) mod notices;
pub(crate) mod order;
pub(crate) mod restores;
pub(crate) mod samples;
pub(crate) mod scene;
pub(crate) mod tails;
