//! Stores one file under `a.JPG`: `cargo run -p kilat-objects --example put_one -- FILE FOLDER`.
//!
//! Exits with 1 when the copy is not durable. The tests run it with a disk that fails.

use std::error::Error;
use std::fs::File;
use std::path::PathBuf;

use kilat_core::ObjectKey;
use kilat_objects::{DiskStore, Item, Known, ObjectStore, Watch, hash_file, stamp_of};

struct Unwatched;

impl Watch for Unwatched {
    fn sent(&self, _bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (file, root) = (arguments.next().ok_or("name a file")?, arguments.next().ok_or("name a folder")?);
    let store = DiskStore::new(root, Known::Nothing { fresh: "one".parse()? });
    store.attach()?;
    let stamp = stamp_of(&file)?;
    let proof = hash_file(&File::open(&file)?)?.proof;
    let key = ObjectKey::try_from("a.JPG".to_owned())?;
    store.put(&Item { file: &file, stamp, proof, key: &key, part: "one", resume: None }, &Unwatched)?;
    Ok(())
}
