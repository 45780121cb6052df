//! The repository with what its index says, and with what this process stored since it read that.
//!
//! The whole index is as large as the repository is: what a batch adds is learned from the index file that the batch
//! wrote, and the whole is read again when all is put together. The library does not see the news meanwhile: a piece
//! that stands there twice costs room and harms nothing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use rustic_core::repofile::{
    BlobType, IndexBlob, IndexFile, IndexId, MasterKey, Node, NodeType, PackId, SnapshotFile, Tree,
};
use rustic_core::{BlobId, DataId, FileType, IndexedFullStatus, ReadBackend, Repository, TreeId};

use super::cipher;
use super::held::Photos;
use super::place::Place;
use super::repository::{Opened, judge};
use crate::lines::{FaultKind, FaultLine};

/// News kept beside the index, some 130 bytes each; then the whole is read again.
const MAX_NEWS: usize = 100_000;

pub(crate) struct Indexed {
    /// What only looks names up in it.
    pub(crate) library: Repository<IndexedFullStatus>,
    key: MasterKey,
    news: HashMap<BlobId, (PackId, IndexBlob)>,
}

impl Indexed {
    /// Reads the index.
    pub(crate) fn read(place: &Place, repository: Opened) -> Result<Self, FaultLine> {
        let key = repository.key();
        place.take_written_indexes();
        let library = repository.to_indexed().map_err(|error| judge(place, &error))?;
        place.forget_indexes();
        Ok(Self { library, key, news: HashMap::new() })
    }

    /// Reads it again, if there is news.
    pub(crate) fn again(self, place: &Place) -> Result<Self, FaultLine> {
        if self.news.is_empty() {
            return Ok(self);
        }
        Self::read(place, self.library.drop_index())
    }

    /// Whether there is so much news that the index should be read again.
    pub(crate) fn is_due(&self) -> bool {
        self.news.len() >= MAX_NEWS
    }

    /// Learns what was stored since the last time.
    pub(crate) fn learn(&mut self, place: &Place) -> Result<(), FaultLine> {
        for id in place.take_written_indexes() {
            let file: IndexFile = self.library.get_file(&IndexId::from(id)).map_err(|error| judge(place, &error))?;
            for pack in file.packs {
                self.news.extend(pack.blobs.into_iter().map(|blob| (blob.id, (pack.id, blob))));
            }
        }
        Ok(())
    }

    /// The pack that a piece is in, if any is.
    pub(crate) fn pack_of(&self, id: &DataId) -> Option<PackId> {
        let new = self.news.get(&BlobId::from(*id)).map(|(pack, _)| *pack);
        new.or_else(|| self.library.get_index_entry(id).ok().map(|entry| entry.pack))
    }

    /// A piece of a file as its device has it, never as it is remembered.
    pub(crate) fn piece(&self, place: &Place, id: &DataId) -> Result<Bytes, FaultLine> {
        if let Some((pack, blob)) = self.news.get(&BlobId::from(*id)) {
            let length = blob.location.uncompressed_length.map(u32::from);
            return self.open(place, pack, (blob.location.offset, blob.location.length), length);
        }
        let entry = self.library.get_index_entry(id).map_err(|error| judge(place, &error))?;
        let length = entry.location.uncompressed_length.map(u32::from);
        self.open(place, &entry.pack, (entry.location.offset, entry.location.length), length)
    }

    fn open(
        &self,
        place: &Place,
        pack: &PackId,
        (offset, length): (u32, u32),
        unpacked: Option<u32>,
    ) -> Result<Bytes, FaultLine> {
        let sealed = place.read_partial(FileType::Pack, pack, false, offset, length);
        let sealed = sealed.map_err(|error| judge(place, &error))?;
        let text = cipher::open(&self.key, &sealed).and_then(|text| match unpacked {
            None => Some(text),
            Some(unpacked) => zstd::bulk::decompress(&text, unpacked as usize).ok(),
        });
        let broken = || {
            let path = place.path(FileType::Pack, pack);
            FaultLine::new(FaultKind::Damaged, format!("{path:?} is damaged"))
        };
        text.map(Bytes::from).ok_or_else(broken)
    }

    /// The regular files of one snapshot, by their paths from the root on.
    pub(crate) fn files_of(&self, place: &Place, snapshot: &SnapshotFile) -> Result<Photos, FaultLine> {
        let mut files = Photos::new();
        let mut folders = vec![(PathBuf::from("/"), snapshot.tree)];
        while let Some((folder, id)) = folders.pop() {
            for node in self.tree(place, &id, &folder)?.nodes {
                let path = folder.join(node.name());
                match (&node.node_type, node.subtree) {
                    (NodeType::File, _) => {
                        files.insert(path, node);
                    }
                    (NodeType::Dir, Some(subtree)) => folders.push((path, subtree)),
                    _ => {}
                }
            }
        }
        Ok(files)
    }

    fn tree(&self, place: &Place, id: &TreeId, folder: &Path) -> Result<Tree, FaultLine> {
        let Some((pack, blob)) = self.news.get(&BlobId::from(*id)).filter(|(_, blob)| blob.tpe == BlobType::Tree)
        else {
            return self.library.get_tree(id).map_err(|error| judge(place, &error));
        };
        let length = blob.location.uncompressed_length.map(u32::from);
        let text = self.open(place, pack, (blob.location.offset, blob.location.length), length)?;
        serde_json::from_slice(&text).map_err(|error| {
            FaultLine::new(FaultKind::Damaged, format!("the list of the folder {folder:?} is none: {error}"))
        })
    }

    /// Whether every piece of a file is in some pack.
    pub(crate) fn is_whole(&self, node: &Node) -> bool {
        node.content.iter().flatten().all(|id| self.pack_of(id).is_some())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::io;
    use std::sync::{Arc, Mutex};

    use kilat_core::{ObjectKey, path_text};
    use kilat_objects::hash_file;

    use super::*;
    use crate::lines::PhotoLine;
    use crate::worker::Told;
    use crate::worker::backup::Run;
    use crate::worker::moved::Moved;
    use crate::worker::repository;
    use crate::worker::toll::Toll;

    fn photo(card: &Path, n: u8) -> PhotoLine {
        let file = card.join(format!("DSC_{n:04}.JPG"));
        fs::write(&file, vec![n; 300_000]).expect("written");
        let hashed = hash_file(&fs::File::open(&file).expect("opens")).expect("read");
        let (key, file) = (ObjectKey::from_names(["Wedding", &format!("DSC_{n:04}.JPG")]), path_text::encode(&file));
        let (size_bytes, proof, content) = (hashed.size_bytes, hashed.proof, Some(hashed.content));
        PhotoLine { key, file, size_bytes, mtime_ns: 0, content, proof, is_proven: false }
    }

    #[test]
    fn a_batch_reads_no_more_of_the_index_than_it_added() {
        let home = tempfile::tempdir().expect("a folder");
        let (card, folder) = (home.path().join("card"), home.path().join("vault"));
        for made in [&card, &folder] {
            fs::create_dir(made).expect("made");
        }
        let place = Place::new(folder.clone(), Arc::new(Moved::default()), Arc::new(Toll::new(None)));
        let made = repository::open(&place, "secret", true).expect("made").repository;
        place.make_parts();
        let mut indexed = Indexed::read(&place, made).expect("read");
        let told = Told(Arc::new(Mutex::new(io::stdout())));
        let run = Run { place: &place, event: None, folder: "Wedding", told: &told, asked: &BTreeMap::new() };
        let (mut held, mut parts) = (Photos::new(), Vec::new());
        for n in 0..3 {
            let batch = [photo(&card, n)];
            let store = run.store(&mut indexed, &mut held, &batch, &mut Vec::new(), &|photo, proven| {
                proven.inspect_err(|fault| panic!("{}: {fault:?}", photo.key))
            });
            parts.push(store.expect("stored"));
            // What was there is needed no more.
            for index in fs::read_dir(folder.join("index")).expect("listed") {
                let index = index.expect("an entry").path();
                fs::rename(&index, home.path().join(index.file_name().expect("named"))).expect("hidden");
            }
        }
        assert_eq!(held.len(), 3);
        assert!(held.values().all(|node| indexed.is_whole(node)), "each is known from what its batch wrote");
        for hidden in fs::read_dir(home.path()).expect("listed") {
            let hidden = hidden.expect("an entry").path();
            if hidden.is_file() {
                fs::rename(&hidden, folder.join("index").join(hidden.file_name().expect("named"))).expect("back");
            }
        }
        let mut indexed = indexed.again(&place).expect("read again");
        let whole = run.complete(&indexed, (None, &parts), &mut held, None).expect("one of all");
        indexed.learn(&place).expect("learned");
        assert_eq!(indexed.files_of(&place, &whole).expect("listed").len(), 3);
    }
}
