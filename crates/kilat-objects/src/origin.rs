//! Where a photo's bytes can be read, tried in order until one place has them.

use std::path::{Path, PathBuf};

use kilat_core::{FileStamp, Photo};

use crate::{Item, ObjectStore, Receipt, StoreError, Watch};

/// A file that holds a photo's bytes.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The file.
    pub path: PathBuf,
    /// Its state when it was hashed; none for a copy, which its hash alone identifies.
    pub stamp: Option<FileStamp>,
}

/// Stores a photo from the first origin that has its bytes; blocks. `resume` is what an interrupted attempt kept.
///
/// # Errors
/// The store's; of the source only when no origin has the bytes.
pub fn put_from(
    origins: &[Origin],
    photo: &Photo,
    resume: Option<&str>,
    store: &dyn ObjectStore,
    watch: &dyn Watch,
) -> Result<Receipt, StoreError> {
    let mut missing = None;
    for origin in origins {
        match put(origin, photo, resume, store, watch) {
            Err(error @ (StoreError::SourceGone { .. } | StoreError::SourceChanged { .. })) => {
                missing.get_or_insert(error);
            }
            result => return result,
        }
    }
    Err(missing.unwrap_or_else(|| StoreError::SourceGone { file: photo.path.clone() }))
}

fn put(
    origin: &Origin,
    photo: &Photo,
    resume: Option<&str>,
    store: &dyn ObjectStore,
    watch: &dyn Watch,
) -> Result<Receipt, StoreError> {
    let stamp = match origin.stamp {
        Some(stamp) => stamp,
        None => stamp_of(&origin.path, photo)?,
    };
    let (proof, key, part) = (photo.proof, &photo.key, photo.id.as_str());
    store.put(&Item { file: &origin.path, stamp, proof, key, part, resume }, watch)
}

fn stamp_of(path: &Path, photo: &Photo) -> Result<FileStamp, StoreError> {
    let gone = || StoreError::SourceGone { file: path.to_owned() };
    let stamp = crate::stamp_of(path).map_err(|_why| gone())?;
    if stamp.size_bytes == photo.size_bytes { Ok(stamp) } else { Err(gone()) }
}
