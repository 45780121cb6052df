//! Photos that cameras send by FTP and FTPS.
//!
//! `server` lets connections in. `control` is one of them: `line` reads its commands, `obey`, `sign_in` and `transfer`
//! do them, `data` is what files and lists go over. `session` and `waiting` are what it sent: uploads go into the
//! intake, and what is listed is what this connection sent. Nothing can be read, deleted or overwritten. Who may send is
//! the [`Door`]'s to say; files, hashes and the journal are the intake's.

mod certificate;
mod command;
mod control;
mod data;
mod door;
mod lent;
mod line;
mod listing;
mod names;
mod obey;
mod patience;
mod ports;
mod refusals;
mod reply;
mod server;
mod session;
mod sign_in;
mod tally;
mod transfer;
mod waiting;

pub use certificate::{fingerprint, make_certificate, own_certificate};
pub use door::{Door, Refused, Sender};
pub use server::{FtpConfig, FtpServer, Tls};
