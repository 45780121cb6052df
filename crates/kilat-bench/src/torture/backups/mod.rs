//! Event backups and what comes back of them: killed, lied to, meddled with, damaged, restored.

mod damage;
mod disk;
mod event;
mod lies;
mod meddling;
mod places;
mod restores;
mod servers;

pub use damage::damage;
pub use disk::backups;
pub use lies::lies;
pub use meddling::meddling;
pub use restores::restores;
pub use servers::servers;
