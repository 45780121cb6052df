//! The contract: every backend passes it, each through a function that makes an empty store.
//!
//! For tests alone, also of other crates, behind the feature `contract`.

mod points;
mod scene;

pub use points::holds_for;
pub use scene::{Count, Original, key, read, visible};
