//! A folder on an SSH server as a destination: written under a temporary name, synced, read back, renamed without
//! overwriting.

mod session;
mod store;
mod work;

pub(crate) use store::SftpStore;
