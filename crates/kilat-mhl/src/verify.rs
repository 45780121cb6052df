//! Reading every listed file as its device has it, and looking for what nothing lists.

use std::ops::ControlFlow;

use kilat_core::ReadBack;

use crate::place::{CheckFault, Found, Place, PlaceError};
use crate::{History, RelPath};

/// What was found of one file.
#[derive(Debug)]
pub enum Checked<'a> {
    /// It is as it is listed.
    Good {
        /// Where.
        path: &'a RelPath,
        /// Its length, where it is listed.
        size_bytes: u64,
        /// How it was read.
        read_back: ReadBack,
    },
    /// It is not, or cannot be read.
    Damaged {
        /// Where.
        path: &'a RelPath,
        /// How.
        why: CheckFault,
    },
    /// It stands there and no manifest lists it, so that nothing can be said of it.
    Unlisted(&'a str),
}

/// Reads all files of a folder; `each` hears of every one and answers whether to go on.
///
/// # Errors
/// When the place is away. A file that cannot be read is [`Checked::Damaged`].
pub fn verify(
    place: &dyn Place,
    history: &History,
    each: &mut dyn FnMut(Checked<'_>) -> ControlFlow<()>,
) -> Result<(), PlaceError> {
    for (path, listed) in history.expected() {
        let checked = match place.check(path, listed.size_bytes, &listed.hash) {
            Ok(read_back) => Checked::Good { path, size_bytes: listed.size_bytes.unwrap_or_default(), read_back },
            Err(CheckFault::Place(error)) if error.is_away() => return Err(error),
            Err(why) => Checked::Damaged { path, why },
        };
        if each(checked).is_break() {
            return Ok(());
        }
    }
    unlisted(place, history, &mut |name| each(Checked::Unlisted(name)))
}

/// Tells `each` of everything that stands in a place, is not to be passed over, and is not listed.
///
/// # Errors
/// When it cannot be listed.
pub fn unlisted(
    place: &dyn Place,
    history: &History,
    each: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Result<(), PlaceError> {
    place.list(None, &mut |found| match found {
        Found::File(path, _) if history.of(&path).is_some() || history.ignores(&path) => ControlFlow::Continue(()),
        Found::File(path, _) => each(path.as_str()),
        Found::Odd(name) if name.starts_with("ascmhl/") => ControlFlow::Continue(()),
        Found::Odd(name) => each(&name),
    })
}
