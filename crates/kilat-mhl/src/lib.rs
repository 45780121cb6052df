//! ASC MHL manifests of backups: written, read, verified, restored from.
//!
//! A backed-up event is a plain folder that lists itself in `ascmhl/`, so that any tool that knows the
//! standard can verify it, and Kilat can restore it with nothing but the folder.

mod c4;
mod chain;
mod events;
mod hash;
mod history;
mod ignore;
mod manifest;
mod path;
mod place;
mod restore;
mod seal;
mod sources;
mod verify;
mod writer;
mod xml;

pub use c4::{C4Id, ParseC4Error};
pub use chain::ChainFault;
pub use events::{FoundEvent, events_at};
pub use hash::{FileHash, HashFormat};
pub use history::{Flaw, Generation, History, HistoryError, Listed};
pub use manifest::{EntryFault, ManifestFault};
pub use path::{PathError, RelPath};
pub use place::{CheckFault, Folder, Found, Place, PlaceError, Stored};
pub use restore::{Damage, Outcome, Progress, RestoreError, Room, Source, Target, restore, room};
pub use seal::{Draft, SealError, SealedGeneration, seal};
pub use sources::{Names, Sources, known_copy, wanted};
pub use verify::{Checked, unlisted, verify};
pub use writer::{About, Action, FileEntry, ManifestWriter, Process, WriteError};
pub use xml::XmlFault;
