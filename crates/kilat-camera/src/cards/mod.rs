//! Cards that are mounted.
//!
//! `find` says which mounts are cards, `identity` which card one is, `watch` when to look.

mod find;
mod identity;
mod watch;

pub use find::{Card, Places, find, is_there};
pub use watch::{CardChange, LOOK_EVERY, changes};
