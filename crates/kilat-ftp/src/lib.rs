//! Photos that cameras send by FTP and FTPS.
//!
//! `server` lets connections in, `session` is one of them, `storage` is what libunftp speaks to: uploads go into the
//! intake, and what is listed is what this connection sent. Nothing can be read, deleted or overwritten. Who may send is
//! the [`Door`]'s to say; files, hashes and the journal are the intake's.

mod door;
mod names;
mod patience;
mod ports;
mod server;
mod session;
mod storage;
mod tally;

pub use door::{Door, Refused, Sender};
pub use server::{FtpConfig, FtpServer, Tls};
