//! A whole Kilat for tests, and the oracle that judges it from outside.
//!
//! Everything here drives the real program as its users do: through its command line, its sockets
//! and its folders. Nothing here reads Kilat's journal or uses Kilat's own hashing.

mod calls;
mod drive;
mod fault;
mod liar;
mod oracle;
mod places;
mod receiver;
mod server;
mod shooter;
mod viewer;

pub use drive::DriveServer;
pub use fault::{Mount, MountError, has_program};
pub use liar::{Liar, Lie};
pub use oracle::{Oracle, Verdict, hash_file};
pub use places::{S3Server, SshServer, WebDavServer, s3_url, server_program};
pub use receiver::{Answer, Call, Receiver};
pub use server::{Folders, Server, Start, pause};
pub use shooter::Shooter;
pub use viewer::{Heard, Viewer};

use std::time::Duration;

/// What takes longer than this will never happen: a limit for failing tests, never a wait.
pub const NEVER: Duration = Duration::from_secs(90);
