//! Files that came whole under a name that is not their own yet: durable, and waiting for their rename.
//!
//! Each is two files in the folder of parts: the bytes, and a note of who sent them and what they are called. Order of
//! things: bytes durable, note durable, then the bytes get the name that they wait under; so a pair is whole, and half a
//! pair was answered to nobody. Taking its own name is one rename of the bytes: a file waits or is named, never both.
//! The rename may come in a later connection, and after a restart; what nobody renames takes the name that it stands for.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kilat_core::{ContentHash, Millis, Via};
use kilat_objects::sync_folder;
use serde::{Deserialize, Serialize};

use super::error::IntakeError;
use super::intake::{Inner, Intake, Offer, blocking};
use super::land::Landed;
use super::part::{PARTS, Receiving, Resting};
use super::waits::{Became, Entry, Found, WaitId};

/// How bytes that wait end.
pub(super) const WAITS: &str = "waits";
/// How the notes about them end.
pub(super) const CALLED: &str = "called";
/// Files of one camera that wait: a body sends a handful at once. The oldest beyond takes the name that it stands for.
pub const MOST_WAITING: usize = 64;
/// Longest note: two names and a few numbers.
const MAX_NOTE_BYTES: u64 = 16 * 1024;

/// What a file is called for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForNow {
    /// Its name with folders, as its sender gave it; of any origin.
    pub called: String,
    /// The photo's name that it stands for; none for a name that tells nothing.
    pub stands_for: Option<String>,
}

/// A file that waits, or that waited and took the name that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Which.
    pub id: WaitId,
    /// Its length.
    pub size_bytes: u64,
    /// When it came.
    pub at: Millis,
    /// Whether its bytes still wait.
    pub is_waiting: bool,
}

/// A file that was taken up by the name that it waited under.
#[derive(Debug)]
pub enum Taken {
    /// It waited. Dropped or failed, it waits again.
    Waiting(Box<Receiving>),
    /// Nobody renamed it, and it became a photo by the name that it stands for.
    Filed {
        /// Its length.
        size_bytes: u64,
    },
    /// Nobody renamed it, and it was judged as cut off: what came is kept under this name, and can be gone on with.
    CutOff {
        /// The name that it stood for.
        name: String,
        /// Its length.
        size_bytes: u64,
    },
    /// There is no such file.
    Nothing,
}

/// What is written down of a file that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Note {
    pub(super) via: Via,
    sender: String,
    pub(super) called: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stands_for: Option<String>,
    pub(super) size_bytes: u64,
    hash: ContentHash,
    is_broken_off: bool,
    pub(super) at: Millis,
}

impl Note {
    fn offer(&self) -> Offer {
        let name = self.called.rsplit(['/', '\\']).next().unwrap_or(&self.called).to_owned();
        let (via, sender) = (self.via.clone(), self.sender.clone());
        Offer { via, sender, name, size_bytes: None, written: None, hash: None }
    }
}

/// A file that waits and that somebody took up: nobody else gets it. Dropped, it waits again.
#[derive(Debug)]
pub(super) struct Claim {
    inner: Arc<Inner>,
    id: WaitId,
    stem: String,
    note: Note,
    is_over: bool,
}

impl Claim {
    /// Its bytes have a name of their own now, or are needed no more.
    pub(super) fn landed(mut self, landed: &Landed) {
        self.is_over = true;
        let became = match landed {
            Landed::Photo(_) | Landed::Late { .. } => Became::Filed,
            // What broke off is sent again: nothing says that it was through.
            Landed::Cut(_) if self.note.is_broken_off => Became::Nothing,
            Landed::Cut(_) => Became::CutOff,
            Landed::Aside | Landed::Empty => Became::Nothing,
        };
        forget(&self.inner, &self.stem);
        self.inner.waits.ended(self.id, became);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        if self.inner.waits_path(&self.stem).exists() {
            self.inner.waits.rests(self.id, None);
        } else {
            // It has its name, and what failed was behind that: the next start finds it there.
            forget(&self.inner, &self.stem);
            self.inner.waits.ended(self.id, Became::Nothing);
        }
    }
}

/// Deletes what is left of a pair; what cannot be deleted the next start tries again.
fn forget(inner: &Inner, stem: &str) {
    // The bytes first: without their note they would be nobody's, and with it they are only taken up once more.
    for path in [inner.waits_path(stem), inner.called_path(stem)] {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(path = %path.display(), %error, "what is left of a file that waited stays");
            }
            Ok(()) | Err(_) => {}
        }
    }
}

impl Inner {
    fn waits_path(&self, stem: &str) -> PathBuf {
        self.root.join(PARTS).join(format!("{stem}.{WAITS}"))
    }

    fn called_path(&self, stem: &str) -> PathBuf {
        self.root.join(PARTS).join(format!("{stem}.{CALLED}"))
    }
}

impl Intake {
    /// Lets a file wait for its name. What it answers can be relied on through a power cut.
    ///
    /// # Errors
    /// When the disk fails: then it is gone, or waits as it did before, and must be sent again.
    pub async fn let_wait(&self, part: Receiving, for_now: ForNow) -> Result<WaitId, IntakeError> {
        blocking(move || let_wait(part, for_now)).await
    }

    /// The newest file that this sender's files of this name for now are; also one that took its name since.
    #[must_use]
    pub fn waiting(&self, via: &Via, called: &str) -> Option<Waiting> {
        self.inner.waits.newest(via, called)
    }

    /// Another file of this name comes: what became of the ones before is news no more.
    pub fn forget_called(&self, via: &Via, called: &str) {
        self.inner.waits.forget(via, called);
    }

    /// One of them.
    #[must_use]
    pub fn waits(&self, id: WaitId) -> Option<Waiting> {
        self.inner.waits.one(id)
    }

    /// What one of them is called.
    #[must_use]
    pub fn called(&self, id: WaitId) -> Option<String> {
        self.inner.waits.called_so(id)
    }

    /// The oldest of this sender's that waits, where more of them wait than [`MOST_WAITING`].
    #[must_use]
    pub fn waits_too_long(&self, via: &Via) -> Option<WaitId> {
        self.inner.waits.oldest_beyond(via, MOST_WAITING)
    }

    /// Takes up a file that waits, to rename it, to go on with it or to end its wait; whoever has it just now is
    /// waited for.
    ///
    /// # Errors
    /// The disk's; the file waits on then.
    pub async fn take_waiting(&self, id: WaitId) -> Result<Taken, IntakeError> {
        match self.inner.waits.claim(id).await {
            Found::Waits(entry) => {
                let (stem, note, hashing) = *entry;
                let claim = Claim { inner: Arc::clone(&self.inner), id, stem, note, is_over: false };
                blocking(move || take(claim, hashing)).await
            }
            Found::Became(Became::Filed, note) => Ok(Taken::Filed { size_bytes: note.size_bytes }),
            Found::Became(Became::CutOff, note) => match note.stands_for {
                Some(name) => Ok(Taken::CutOff { name, size_bytes: note.size_bytes }),
                None => Ok(Taken::Nothing),
            },
            Found::Became(Became::Nothing, _) | Found::Nothing => Ok(Taken::Nothing),
        }
    }
}

impl Receiving {
    /// The wait is over, and nobody gave it a name: it takes the one that it stands for. Nobody said that it is through
    /// either, so it is whole when it says so itself.
    pub fn nobody_renamed(&mut self, stands_for: Option<String>) {
        if let Some(name) = stands_for {
            self.breaks_off();
            self.call(name);
        }
    }
}

fn let_wait(mut part: Receiving, for_now: ForNow) -> Result<WaitId, IntakeError> {
    let inner = Arc::clone(&part.inner);
    let ForNow { called, stands_for } = for_now;
    let note = Note {
        via: part.offer.via.clone(),
        sender: part.offer.sender.clone(),
        called,
        stands_for,
        size_bytes: part.size_bytes(),
        hash: part.hashed().content,
        is_broken_off: !part.is_unbroken(),
        at: inner.now(),
    };
    let failed = |path: &Path, error| IntakeError::io(path, error, &inner);
    part.file.sync_all().map_err(|error| failed(&part.path, error))?;
    if let Some(mut claim) = part.claim.take() {
        // It waits already, and is longer by now, or called differently.
        let noted = write_note(&inner, &claim.stem, &note);
        if let Err(error) = noted {
            let path = inner.called_path(&claim.stem);
            return Err(failed(&path, error));
        }
        claim.is_over = true;
        inner.waits.called(claim.id, note);
        inner.waits.rests(claim.id, Some(part.into_rest()));
        return Ok(claim.id);
    }
    let stem = part.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let to = inner.waits_path(&stem);
    let durable = || -> io::Result<()> {
        write_note(&inner, &stem, &note)?;
        std::fs::rename(&part.path, &to)?;
        sync_folder(&inner.root.join(PARTS))
    };
    if let Err(error) = durable() {
        // Nobody is answered: whatever there is of it goes.
        part.landed();
        remove_quietly(&part.path);
        forget(&inner, &stem);
        return Err(failed(&to, error));
    }
    part.landed();
    let entry = Entry { stem, note };
    Ok(inner.waits.add(entry, Some(part.into_rest())))
}

fn remove_quietly(path: &Path) {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(path = %path.display(), %error, "a part stays until the next start");
        }
        Ok(()) | Err(_) => {}
    }
}

fn take(claim: Claim, rest: Option<Resting>) -> Result<Taken, IntakeError> {
    let (inner, note) = (Arc::clone(&claim.inner), claim.note.clone());
    let path = inner.waits_path(&claim.stem);
    let mut part = Receiving::waited(&inner, note.offer(), path, (note.size_bytes, rest))?;
    if part.hashed().content != note.hash {
        tracing::warn!(
            file = %kilat_core::safe_segment(&note.offer().name),
            "a file of {} that waited for its name is not what came any more: it is kept as cut off",
            note.sender
        );
        part.ends_early();
    }
    if note.is_broken_off {
        part.breaks_off();
    }
    part.claim = Some(claim);
    Ok(Taken::Waiting(Box::new(part)))
}

fn write_note(inner: &Inner, stem: &str, note: &Note) -> io::Result<()> {
    let temporary = inner.part_path(None);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(&serde_json::to_vec(note)?)?;
    file.sync_all()?;
    std::fs::rename(&temporary, inner.called_path(stem))?;
    sync_folder(&inner.root.join(PARTS))
}

/// The pairs that an earlier process left, oldest first; deletes halves, which nobody was answered for.
pub(super) fn find(root: &Path) -> io::Result<Vec<Entry>> {
    let folder = root.join(PARTS);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let path = entry?.path();
        let Some(extension) = path.extension().filter(|ext| *ext == WAITS || *ext == CALLED) else { continue };
        let other = path.with_extension(if extension == WAITS { CALLED } else { WAITS });
        if !other.exists() {
            remove_quietly(&path);
            continue;
        }
        if extension != CALLED {
            continue;
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        match read_note(&path) {
            Ok(note) => found.push(Entry { stem, note }),
            // Its bytes were answered for: a person can still look at them.
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "who sent a file that waits for its name cannot be read");
            }
        }
    }
    found.sort_by(|a, b| (a.note.at, &a.stem).cmp(&(b.note.at, &b.stem)));
    Ok(found)
}

fn read_note(path: &Path) -> io::Result<Note> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_NOTE_BYTES).read_to_end(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}
