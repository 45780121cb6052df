//! A prefix in a bucket as a destination: written once under a condition, proven by checksum or by reading back.
//!
//! Written here and not with a library of its own: ADR 14.

mod calls;
mod object;
mod pace;
mod parts;
mod probe;
mod sign;
mod store;
mod sweep;
mod tags;
mod whole;

pub(crate) use store::S3Store;
