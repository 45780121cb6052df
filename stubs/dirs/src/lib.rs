//! Stands in for the crate `dirs`, which brings a licence that Kilat does not take (MPL-2.0, by `option-ext`).
//!
//! `rustic_core` asks it where a cache could be; Kilat opens every repository without one.

use std::path::PathBuf;

/// Nowhere.
#[must_use]
pub fn cache_dir() -> Option<PathBuf> {
    None
}
