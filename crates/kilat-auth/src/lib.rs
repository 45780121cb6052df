//! Who may come in: tokens, accounts, sessions, sign-in links and tickets, and what each role may do.
//!
//! The journal is the truth: what opens the door is a fact, and so is its end; this crate answers from
//! tables in memory that follow it. Only hashes are kept. HTTP, cookies and files are deliberately
//! absent: the server and the binary know those.

mod access;
mod camera;
mod codes;
mod error;
mod operation;
mod password;
mod plan;
mod seal;
mod secret;
mod sign_in;
mod tables;
mod throttle;
mod tickets;

pub use access::{Access, AccessConfig, Credential, Who};
pub use camera::CAMERA_PASSWORD_CHARS;
pub use error::{AccessError, SignInError};
pub use kilat_core::Role;
pub use operation::{Operation, allows};
pub use password::{MIN_PASSWORD_CHARS, check_password, hash_password};
pub use plan::{NewToken, make_room, plan_token};
pub use seal::{KEY_BYTES, SealError, Sealer, Secrets};
pub use secret::{Secret, fresh_salt, hash_of};
pub use sign_in::{CODE_USES, CODE_VALID, SESSION_VALID, SignedIn};
pub use tickets::TICKET_VALID;
