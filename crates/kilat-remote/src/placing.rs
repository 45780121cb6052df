//! The way of a copy where names can be given afterwards: written under a temporary name, proven there, then
//! named without replacing anything.

use kilat_core::{ObjectKey, ProofHash, ReadBack};
use kilat_objects::{Item, Receipt, StoreError, Watch};

use crate::MAX_NUMBERED;

/// What such a place does for one copy.
pub(crate) trait Placing {
    /// The length of the file under a key.
    fn size(&self, key: &ObjectKey) -> Result<Option<u64>, StoreError>;
    /// The length and the hash of its bytes, read back; none where nothing stands any more.
    fn proof(&self, key: &ObjectKey, size_bytes: u64) -> Result<Option<(u64, ProofHash)>, StoreError>;
    /// Writes the temporary and proves it.
    fn fill(&self) -> Result<ReadBack, StoreError>;
    /// Gives the temporary its name, unless something has it.
    fn name(&self, key: &ObjectKey) -> Result<Named, StoreError>;
    /// Removes the temporary, which may not be there.
    fn discard(&self);
    /// What nobody answers when there are too many of one name.
    fn too_many(&self) -> StoreError;
}

/// How naming ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Named {
    /// It has its name.
    Done,
    /// Something else has it.
    Taken,
    /// An answer was lost: it may have it, the temporary is gone.
    Unclear,
}

/// Brings one copy to its place.
pub(crate) fn place(item: &Item<'_>, watch: &dyn Watch, at: &impl Placing) -> Result<Receipt, StoreError> {
    let mut filled = None;
    let result = number(item, watch, at, &mut filled);
    // What was named is no temporary any more.
    if filled.is_some() && !result.as_ref().is_ok_and(|receipt| !receipt.was_there) {
        at.discard();
    }
    result
}

fn number(
    item: &Item<'_>,
    watch: &dyn Watch,
    at: &impl Placing,
    filled: &mut Option<ReadBack>,
) -> Result<Receipt, StoreError> {
    let size = item.stamp.size_bytes;
    for n in 1..=MAX_NUMBERED {
        let key = if n == 1 { item.key.clone() } else { item.key.numbered(n) };
        let mut standing = at.size(&key)?;
        let mut is_perhaps_ours = false;
        if standing.is_none() {
            let read_back = match *filled {
                Some(read_back) => read_back,
                None => *filled.insert(at.fill()?),
            };
            match at.name(&key)? {
                Named::Done => return Ok(Receipt { key, read_back, was_there: false }),
                Named::Taken => {}
                Named::Unclear => is_perhaps_ours = true,
            }
            standing = at.size(&key)?;
        }
        if standing == Some(size) && at.proof(&key, size)? == Some((size, item.proof)) {
            watch.sent(size);
            return Ok(Receipt { key, read_back: ReadBack::Download, was_there: !is_perhaps_ours });
        }
        if is_perhaps_ours {
            // Neither the temporary nor the copy is there: the next attempt writes anew.
            *filled = None;
            return Err(at.too_many());
        }
    }
    Err(at.too_many())
}
