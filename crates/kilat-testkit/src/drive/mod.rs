//! A stand-in for Google Drive: its resumable uploads and what Kilat uses of version 3, as strict as the real one.

mod call;
mod server;
mod state;

pub use server::DriveServer;
