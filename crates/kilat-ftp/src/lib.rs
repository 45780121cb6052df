//! Photos that cameras send by FTP and FTPS.
//!
//! `server` lets connections in, `session` is one of them, `storage` is what libunftp speaks to: uploads go into the
//! intake, and what is listed is what this connection sent. Nothing can be read, deleted or overwritten. Who may send is
//! the [`Door`]'s to say; files, hashes and the journal are the intake's.

mod ahead;
mod certificate;
mod door;
mod names;
mod patience;
mod ports;
mod refusals;
mod server;
mod session;
mod storage;
mod tally;
mod waiting;
mod watch;

pub use certificate::{fingerprint, make_certificate, own_certificate};
pub use door::{Door, Refused, Sender};
pub use server::{FtpConfig, FtpServer, Tls};
