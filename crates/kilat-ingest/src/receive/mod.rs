//! What Kilat receives or fetches itself: written into its own folder, hashed on the way, durable before it is answered.
//!
//! `part` is a file on its way, `note` what is remembered of one that may take days, `land` gives it its name, `wait`
//! and `waits` keep what came under a name for now, `cut` keeps what was cut off until the whole comes, `intake` is the
//! handle that FTP, HTTP, cables and cards share, `record` tells the journal, `take_up` finds at the start what an
//! earlier process left. A file is named `<camera>/<way>/<day>/<name>` below the root,
//! never over another; whatever stands there and is in no journal is taken up at the next start. Deliberately absent:
//! who may send, and any protocol.

mod cut;
mod error;
mod intake;
mod land;
mod note;
mod part;
mod pour;
mod record;
mod take_up;
mod wait;
mod waits;

pub use error::IntakeError;
pub use intake::{Intake, IntakeConfig, Offer, Outcome};
pub use note::Noted;
pub use part::{PartName, Receiving, Resting};
pub use wait::{ForNow, MOST_WAITING, Taken, Waiting};
pub use waits::WaitId;
