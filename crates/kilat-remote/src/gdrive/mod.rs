//! A folder in Google Drive as a destination: sent in a resumable session under a temporary name, compared by the
//! SHA-256 that Drive computes, then named; Drive allows one name twice, so that is looked for before and after.

mod calls;
mod copy;
mod folders;
mod kept;
mod store;
mod token;
mod upload;

pub(crate) use store::DriveStore;
