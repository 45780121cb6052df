//! A file on its way in: written and hashed in one pass, refused before it fills the disk.
//!
//! A part without a name of its own is nobody's after a restart and is deleted then; a named one is kept until it is
//! finished or forgotten, so that its sender can go on with it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use kilat_core::ContentHash;
use kilat_objects::{Hashed, Hashing};

use super::error::IntakeError;
use super::intake::{Inner, Offer};
use super::note::Mark;
use super::wait::Claim;

/// The folder of parts; hidden, so that no listing takes them for photos.
pub(super) const PARTS: &str = ".kilat-parts";
/// How parts that are kept over a restart end.
pub(super) const KEPT: &str = "kept";
/// Bytes between two looks at the free room.
const LOOK_EVERY: u64 = 64 << 20;
/// Read at once when a part is taken up again.
const BLOCK: usize = 256 * 1024;

/// The name of a part that outlives its connection: letters, digits and dashes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartName(String);

impl PartName {
    /// None for a name that no part has.
    #[must_use]
    pub fn new(name: &str) -> Option<Self> {
        let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (is_plain && (1..=64).contains(&name.len())).then(|| Self(name.to_owned()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A file that is being received. Dropped, it is gone, unless it has a name to be gone on with.
#[derive(Debug)]
pub struct Receiving {
    pub(super) inner: Arc<Inner>,
    pub(super) file: File,
    pub(super) path: PathBuf,
    pub(super) offer: Offer,
    /// Kilobytes, and this is handed from thread to thread.
    hashing: Box<Hashing>,
    next_look: u64,
    promise: Promise,
    /// Where what is durable of a named part is written down.
    mark: Option<Mark>,
    ends_early: bool,
    is_broken_off: bool,
    is_left: bool,
    /// Where it waited for its name, and does again unless it gets one.
    pub(super) claim: Option<Claim>,
}

/// A named part that rests: what was hashed of it, so that going on need not read it again.
#[derive(Debug)]
pub struct Resting(Box<Hashing>);

impl Resting {
    /// Bytes that it has, all durable.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.0.hashed_bytes()
    }
}

/// Room that a file on its way will take, where its length is known: nobody else is let in for it.
#[derive(Debug)]
struct Promise {
    inner: Arc<Inner>,
    rest_bytes: u64,
}

impl Promise {
    /// It takes no more room than it has.
    fn nothing(inner: &Arc<Inner>) -> Self {
        Self { inner: Arc::clone(inner), rest_bytes: 0 }
    }

    fn of(inner: &Arc<Inner>, offer: &Offer, came: u64) -> Result<Self, IntakeError> {
        let rest_bytes = offer.size_bytes.unwrap_or(0).saturating_sub(came);
        inner.must_fit(offer.size_bytes, rest_bytes)?;
        inner.promised.fetch_add(rest_bytes, Ordering::Relaxed);
        Ok(Self { inner: Arc::clone(inner), rest_bytes })
    }

    fn keep(&mut self, written: u64) {
        let kept = written.min(self.rest_bytes);
        self.rest_bytes -= kept;
        self.inner.promised.fetch_sub(kept, Ordering::Relaxed);
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        self.keep(u64::MAX);
    }
}

impl Receiving {
    /// A new part; `name` is what it can be taken up again by.
    pub(super) fn begin(inner: &Arc<Inner>, offer: Offer, name: Option<&PartName>) -> Result<Self, IntakeError> {
        let promise = Promise::of(inner, &offer, 0)?;
        let path = inner.part_path(name);
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(true).mode(0o600).open(&path);
        let file = opened.map_err(|error| IntakeError::io(&path, error, inner))?;
        let part = Self::of(promise, offer, (file, path), Box::<Hashing>::default());
        match name {
            Some(name) => Self::named(part, name),
            None => Ok(part),
        }
    }

    /// Goes on with a part that was parked, at `at` bytes: what it has beyond them is dropped.
    pub(super) fn go_on(inner: &Arc<Inner>, offer: Offer, name: &PartName, at: u64) -> Result<Self, IntakeError> {
        Self::named(Self::over(inner, offer, inner.part_path(Some(name)), at)?, name)
    }

    /// Goes on with a part that rests, without reading it.
    pub(super) fn wake(inner: &Arc<Inner>, offer: Offer, name: &PartName, rest: Resting) -> Result<Self, IntakeError> {
        let (path, at) = (inner.part_path(Some(name)), rest.size_bytes());
        let file = Self::open_part(inner, &path, at)?;
        let promise = Promise::of(inner, &offer, at)?;
        Self::named(Self::hashed_again(promise, offer, (file, path), (at, Some(rest)))?, name)
    }

    /// Takes up a file that waited for its name, also on a full disk.
    pub(super) fn waited(
        inner: &Arc<Inner>,
        offer: Offer,
        path: PathBuf,
        (at, rest): (u64, Option<Resting>),
    ) -> Result<Self, IntakeError> {
        let file = Self::open_part(inner, &path, at)?;
        let mut part = Self::hashed_again(Promise::nothing(inner), offer, (file, path), (at, rest))?;
        part.is_left = true;
        Ok(part)
    }

    fn named(mut part: Self, name: &PartName) -> Result<Self, IntakeError> {
        part.is_left = true;
        part.mark = Mark::open(&part.inner.note_path(name)).map_err(|error| part.failed(error))?;
        Ok(part)
    }

    fn open_part(inner: &Inner, path: &Path, at: u64) -> Result<File, IntakeError> {
        let opened = OpenOptions::new().read(true).write(true).open(path);
        let file = opened.map_err(|error| {
            if error.kind() == io::ErrorKind::NotFound {
                return IntakeError::NoPart;
            }
            IntakeError::io(path, error, inner)
        })?;
        let size = file.metadata().map_err(|error| IntakeError::io(path, error, inner))?.len();
        if size < at { Err(IntakeError::NoPart) } else { Ok(file) }
    }

    fn failed(&self, error: io::Error) -> IntakeError {
        IntakeError::io(&self.path, error, &self.inner)
    }

    /// Goes on behind the first `at` bytes of a copy of `from`.
    pub(super) fn behind(inner: &Arc<Inner>, offer: Offer, from: &Path, at: u64) -> Result<Self, IntakeError> {
        let mut part = Self::begin(inner, offer, None)?;
        let source = File::open(from).map_err(|_why| IntakeError::NoPart)?;
        let copied = part.write_all_of(source.take(at))?;
        if copied < at { Err(IntakeError::NoPart) } else { Ok(part) }
    }

    /// A file that something else wrote at `path`, which is in the folder of parts.
    pub(super) fn adopt(inner: &Arc<Inner>, offer: Offer, path: PathBuf) -> Result<Self, IntakeError> {
        let size = path.metadata().map_err(|error| IntakeError::io(&path, error, inner))?.len();
        Self::over(inner, offer, path, size)
    }

    fn over(inner: &Arc<Inner>, offer: Offer, path: PathBuf, at: u64) -> Result<Self, IntakeError> {
        let file = Self::open_part(inner, &path, at)?;
        let promise = Promise::of(inner, &offer, at)?;
        Self::hashed_again(promise, offer, (file, path), (at, None))
    }

    /// A part of `at` bytes, which are read once more where nobody remembers what they hashed to.
    fn hashed_again(
        promise: Promise,
        offer: Offer,
        (mut file, path): (File, PathBuf),
        (at, rest): (u64, Option<Resting>),
    ) -> Result<Self, IntakeError> {
        let inner = Arc::clone(&promise.inner);
        let failed = |error| IntakeError::io(&path, error, &inner);
        file.set_len(at).map_err(failed)?;
        let mut hashing = rest.map_or_else(Box::<Hashing>::default, |rest| rest.0);
        let mut block = vec![0; BLOCK];
        while hashing.hashed_bytes() < at {
            match file.read(&mut block) {
                Ok(0) => return Err(IntakeError::NoPart),
                Ok(read) => hashing.update(&block[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
        file.seek(SeekFrom::Start(at)).map_err(failed)?;
        Ok(Self::of(promise, offer, (file, path), hashing))
    }

    fn of(promise: Promise, offer: Offer, (file, path): (File, PathBuf), hashing: Box<Hashing>) -> Self {
        let next_look = hashing.hashed_bytes() + LOOK_EVERY;
        let inner = Arc::clone(&promise.inner);
        Self {
            inner,
            file,
            path,
            offer,
            hashing,
            next_look,
            promise,
            mark: None,
            ends_early: false,
            is_broken_off: false,
            is_left: false,
            claim: None,
        }
    }

    /// Takes the next bytes. Blocks on the disk.
    ///
    /// # Errors
    /// When it became too large, the disk has no room or fails: what came is gone with a part that has no name.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), IntakeError> {
        let size = self.size_bytes() + bytes.len() as u64;
        if size > self.inner.config.max_size_bytes {
            return Err(IntakeError::TooLarge { most_bytes: self.inner.config.max_size_bytes });
        }
        if size >= self.next_look {
            self.inner.must_fit(None, 0)?;
            self.next_look = size + LOOK_EVERY;
        }
        self.file.write_all(bytes).map_err(|error| IntakeError::io(&self.path, error, &self.inner))?;
        self.hashing.update(bytes);
        self.promise.keep(bytes.len() as u64);
        Ok(())
    }

    fn write_all_of(&mut self, mut source: impl Read) -> Result<u64, IntakeError> {
        let mut block = vec![0; BLOCK];
        let before = self.size_bytes();
        loop {
            match source.read(&mut block) {
                Ok(0) => return Ok(self.size_bytes() - before),
                Ok(read) => self.write(&block[..read])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(IntakeError::Cut(error)),
            }
        }
    }

    /// Bytes that it has.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        self.hashing.hashed_bytes()
    }

    /// What the bytes so far are.
    #[must_use]
    pub fn hashed(&self) -> Hashed {
        self.hashing.hashed()
    }

    /// Leaves it for [`Intake::go_on`](super::Intake::go_on), durable as far as it came. Blocks on the disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn park(mut self) -> Result<u64, IntakeError> {
        self.is_left = true;
        Ok(self.rest()?.size_bytes())
    }

    /// The same, remembering what was hashed.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn rest(mut self) -> Result<Resting, IntakeError> {
        self.keep_so_far()?;
        Ok(self.into_rest())
    }

    /// The same for one whose bytes were just made durable.
    #[must_use]
    pub fn into_rest(self) -> Resting {
        Resting(self.hashing.clone())
    }

    /// Makes what came so far durable, so that a named part goes on there whatever happens. Blocks on the disk.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn keep_so_far(&mut self) -> Result<(), IntakeError> {
        self.file.sync_data().map_err(|error| self.failed(error))?;
        match &self.mark {
            Some(mark) => mark.set(self.size_bytes()).map_err(|error| self.failed(error)),
            None => Ok(()),
        }
    }

    /// Its sender went away before it was through: whatever it looks like, it is not whole.
    pub fn ends_early(&mut self) {
        self.ends_early = true;
    }

    /// Its connection failed where it may or may not have been through: it is whole when it says so itself.
    pub fn breaks_off(&mut self) {
        self.is_broken_off = true;
    }

    /// It is called so from now on.
    pub fn call(&mut self, name: String) {
        self.offer.name = name;
    }

    /// Whether its sender did not say that it is not through.
    pub(super) fn is_through(&self) -> bool {
        !self.ends_early
    }

    /// Whether nothing tells against it: not its sender, and not its connection.
    pub(super) fn is_unbroken(&self) -> bool {
        !self.ends_early && !self.is_broken_off
    }

    /// Whether the bytes are what the sender announced, where it did.
    pub(super) fn is_as_announced(&self) -> bool {
        let announced = |expected: &ContentHash| self.hashed().content == *expected;
        self.offer.hash.as_ref().is_none_or(announced)
    }

    /// It has another name now.
    pub(super) fn landed(&mut self) {
        self.is_left = true;
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        if !self.is_left
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(path = %self.path.display(), %error, "a part stays until the next start");
        }
    }
}
