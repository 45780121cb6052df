//! Which destinations there are while Kilat runs: their names, their secrets, their open stores.
//!
//! The journal says which; this crate opens a store for each and keeps it as long as the destination stays
//! what it is. Whoever copies asks here. How a store of each kind is made is told from outside ([`Opener`]).

mod desk;
mod opener;
mod places;
mod shut;

pub use desk::{DeskError, NewDestination, Tested};
pub use opener::{Field, Opener, Presence};
pub use places::{Open, Places, PlacesConfig, PlacesError, about, environment_name};
