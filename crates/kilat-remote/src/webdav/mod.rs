//! A folder on a WebDAV server as a destination: written under a temporary name, read back, moved without
//! overwriting.

mod calls;
mod multistatus;
mod store;

pub(crate) use store::WebDavStore;
