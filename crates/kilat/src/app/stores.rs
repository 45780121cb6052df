//! How a store of each kind is made, from the address that an operator gave.

use std::path::PathBuf;
use std::sync::Arc;

use kilat_auth::Secrets;
use kilat_core::{Destination, Medium};
use kilat_objects::{DiskStore, Known, ObjectStore};
use kilat_places::{Field, Opener};

/// Makes stores of every kind.
#[derive(Debug, Clone)]
pub(crate) struct Stores;

impl Opener for Stores {
    fn fields(&self, medium: Medium) -> Vec<Field> {
        match medium {
            Medium::Disk | Medium::S3 | Medium::WebDav | Medium::Sftp | Medium::Drive | Medium::Vault => Vec::new(),
        }
    }

    fn address(&self, text: &str) -> Result<PathBuf, String> {
        address(text)
    }

    fn open(
        &self,
        destination: &Destination,
        _secrets: &Secrets,
        known: Known,
    ) -> Result<Arc<dyn ObjectStore>, String> {
        Ok(Arc::new(DiskStore::new(destination.root.clone(), known)))
    }
}

/// An address as it is kept: a folder from the root on, or a URL.
pub(crate) fn address(text: &str) -> Result<PathBuf, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("a destination needs an address: give a folder, for example /media/backup".to_owned());
    }
    let folder = match text.split_once("://") {
        None => text,
        Some(("file", folder)) => folder,
        Some((scheme, _)) => {
            return Err(format!("{scheme}:// is no kind of destination: give a folder, for example /media/backup"));
        }
    };
    std::path::absolute(folder).map_err(|error| format!("the folder {folder} cannot be: {error}"))
}
