//! The port over a bucket: which name a copy gets, and what is done when an answer was lost.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kilat_core::{DESTINATION_MARK, MarkId, ObjectKey, ProofHash, ReadBack};
use kilat_objects::{Capability, Entry, Item, MAX_MARK_BYTES, ObjectStore, Receipt, Space, StoreError, Watch};

use super::calls::{Ask, Bucket, No, Sent, keys};
use super::object::Fresh;
use super::pace::Pace;
use super::parts::Upload;
use super::probe::{self, S3Found};
use super::sweep;
use crate::attached::{Attached, Marked};
use crate::buffers::Buffers;
use crate::http::{Http, Line, Nobody};
use crate::names::Names;
use crate::probe_name::ProbeNames;
use crate::retry::again;
use crate::source::Source;
use crate::{MAX_FILE_BYTES, MAX_NUMBERED, OpenError, Options, S3Address, Secrets, seed_of};

/// A write costs money in some places: whether one goes is tried when none went for so long.
const WRITE_AFTER: Duration = Duration::from_secs(300);

/// A prefix in a bucket.
pub(crate) struct S3Store {
    pub(super) bucket: Bucket,
    pub(super) prefix: String,
    pub(super) http: Http,
    pub(super) buffers: Buffers,
    pub(super) pace: Pace,
    attached: Attached,
    names: Names,
    /// Names what is tried with, so that two Kilats do not try with one object.
    probe: ProbeNames,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    found: Option<S3Found>,
    wrote: Option<Instant>,
}

/// How a write under one key ended.
enum Outcome {
    Stored(ReadBack),
    /// Something stands there; perhaps ours, when an answer was lost.
    Taken {
        is_perhaps_ours: bool,
    },
}

impl S3Store {
    pub(crate) fn open(address: &S3Address, secrets: &Secrets, options: Options) -> Result<Self, OpenError> {
        let probe = ProbeNames::new(&options.known, &options.clock);
        let bucket = Bucket::new(address, keys(address, secrets), options.clock);
        let place = PathBuf::from(&address.text);
        Ok(Self {
            http: Http::new(place.clone(), bucket.is_tls(), options.patience, options.limit)?,
            bucket,
            prefix: address.prefix.clone(),
            buffers: Buffers::default(),
            pace: Pace::default(),
            attached: Attached::new(place, options.known),
            names: Names::default(),
            probe,
            state: Mutex::default(),
        })
    }

    /// What the server was found to do; before it was asked, nothing.
    pub(super) fn found(&self) -> S3Found {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).found.unwrap_or_default()
    }

    fn whole(&self, key: &ObjectKey) -> String {
        format!("{}{key}", self.prefix)
    }

    fn find(&self) -> Result<S3Found, StoreError> {
        let known = self.state.lock().unwrap_or_else(PoisonError::into_inner).found;
        if let Some(found) = known {
            return Ok(found);
        }
        let found = self.http.brief(|line| probe::find(self, line, &self.probe.next()))?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        (state.found, state.wrote) = (Some(found), Some(Instant::now()));
        Ok(found)
    }

    fn wrote(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).wrote = Some(Instant::now());
    }

    fn put_on(&self, line: Line<'_>, item: &Item<'_>) -> Result<Receipt, StoreError> {
        // Also when the file is read much later: a photo that is gone is not looked for in the cloud.
        drop(Source::open(item)?);
        let (size, proof) = (item.stamp.size_bytes, item.proof);
        for n in 1..=MAX_NUMBERED {
            let key = if n == 1 { item.key.clone() } else { item.key.numbered(n) };
            let whole = self.whole(&key);
            let look = |_| self.standing(line, &whole);
            let mut is_perhaps_ours = false;
            let mut standing = again(line.watch, seed_of(item), look)?;
            if standing.is_none() {
                match self.write_under(line, item, &whole)? {
                    Outcome::Stored(read_back) => return Ok(Receipt { key, read_back, was_there: false }),
                    Outcome::Taken { is_perhaps_ours: perhaps } => is_perhaps_ours = perhaps,
                }
                standing = again(line.watch, seed_of(item), look)?;
            }
            if standing.is_none() && is_perhaps_ours {
                let source = std::io::Error::other("the answer was lost, and nothing stands there");
                return Err(StoreError::Io { what: "store in", path: line.place(), source });
            }
            if standing.is_some_and(|standing| standing.size_bytes == size)
                && again(line.watch, seed_of(item), |_| self.proof_of(line, &whole, size))? == Some((size, proof))
            {
                line.watch.sent(size);
                return Ok(Receipt { key, read_back: ReadBack::Download, was_there: !is_perhaps_ours });
            }
        }
        let source = std::io::Error::other("too many files of one name");
        Err(StoreError::Io { what: "name a copy in", path: line.place(), source })
    }

    fn write_under(&self, line: Line<'_>, item: &Item<'_>, key: &str) -> Result<Outcome, StoreError> {
        let sent = match Upload::of(item, key) {
            None if self.goes_whole(item.stamp.size_bytes) => self.write_whole(line, item, key),
            None => self.write_parts(line, item, key, None),
            Some(kept) => self.go_on(line, item, key, kept),
        };
        let (written, is_lost) = match sent {
            Ok(sent) => sent,
            Err(No::Taken) => return Ok(Outcome::Taken { is_perhaps_ours: false }),
            Err(other) => return Err(other.fault(&line.place(), "store in")),
        };
        self.wrote();
        if is_lost {
            return Ok(Outcome::Taken { is_perhaps_ours: true });
        }
        let expected = (item.stamp.size_bytes, item.proof);
        again(line.watch, seed_of(item), |_| match self.prove(line, key, expected, Some(&written)) {
            // Wrong bytes stay wrong: the caller writes anew.
            Err(StoreError::Corrupt { .. }) => Ok(None),
            other => other.map(Some),
        })?
        .map(Outcome::Stored)
        .ok_or_else(|| StoreError::Corrupt { place: line.place() })
    }
}

impl Marked for S3Store {
    fn read_mark(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let key = format!("{}{DESTINATION_MARK}", self.prefix);
        self.http.brief(|line| self.read_small(line, &key, MAX_MARK_BYTES))
    }

    fn write_mark(&self, text: &str) -> Result<(), StoreError> {
        let key = format!("{}{DESTINATION_MARK}", self.prefix);
        let fresh = if self.found().conditional_put { Fresh::Conditional } else { Fresh::Whatever };
        self.http.brief(|line| match self.write(line, &key, text.as_bytes(), fresh) {
            // Another Kilat was faster: its mark counts.
            Ok(_) | Err(No::Taken) => Ok(()),
            Err(refused) => Err(refused.fault(&line.place(), "mark")),
        })
    }
}

impl ObjectStore for S3Store {
    fn attach(&self) -> Result<MarkId, StoreError> {
        self.find()?;
        self.attached.attach(self)
    }

    fn probe(&self) -> Result<Option<Space>, StoreError> {
        self.attached.doubt();
        self.attached.check(self)?;
        let wrote = self.state.lock().unwrap_or_else(PoisonError::into_inner).wrote;
        if wrote.is_none_or(|wrote| wrote.elapsed() > WRITE_AFTER) {
            let key = format!("{}.kilat-parts/probe-{}", self.prefix, self.probe.next());
            self.http.brief(|line| {
                let written = self.write(line, &key, b"kilat", Fresh::Whatever);
                written.map_err(|refused| refused.fault(&line.place(), "write to"))?;
                self.withdraw(line, &key);
                Ok(())
            })?;
            self.wrote();
        }
        Ok(None)
    }

    fn put(&self, item: &Item<'_>, watch: &dyn Watch) -> Result<Receipt, StoreError> {
        self.attached.check(self)?;
        self.find()?;
        let _name = self.names.hold(item.key, watch)?;
        let result = self.http.with(watch, |line| self.put_on(line, item));
        if matches!(result, Err(StoreError::Gone { .. })) {
            self.attached.doubt();
        }
        result
    }

    fn verify(&self, key: &ObjectKey, size_bytes: u64, proof: ProofHash) -> Result<ReadBack, StoreError> {
        let whole = self.whole(key);
        let seed = u64::from_le_bytes(proof.0[..8].try_into().unwrap_or_default());
        let found = self.http.brief(|line| again(&Nobody, seed, |_| self.proof_of(line, &whole, size_bytes)))?;
        let is_same = found == Some((size_bytes, proof));
        if is_same { Ok(ReadBack::Download) } else { Err(StoreError::Corrupt { place: self.http.place() }) }
    }

    fn look(&self, key: &ObjectKey) -> Result<Option<u64>, StoreError> {
        let standing = self.http.brief(|line| again(&Nobody, 1, |_| self.standing(line, &self.whole(key))))?;
        if standing.is_none() {
            // Nothing at all stands in another place, too.
            self.attached.check(self)?;
        }
        Ok(standing.map(|standing| standing.size_bytes))
    }

    fn list(&self, folder: &ObjectKey, each: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> Result<(), StoreError> {
        self.attached.check(self)?;
        self.http.brief(|line| self.pages(line, &format!("{}/", self.whole(folder)), each))
    }

    fn replace(&self, key: &ObjectKey, bytes: &[u8]) -> Result<(), StoreError> {
        self.attached.check(self)?;
        let whole = self.whole(key);
        let _name = self.names.hold(key, &Nobody)?;
        self.http.brief(|line| {
            let place = line.place();
            again(&Nobody, bytes.len() as u64, |_| {
                self.write(line, &whole, bytes, Fresh::Whatever).map_err(|no| no.fault(&place, "write to"))?;
                let most = bytes.len() as u64 + 1;
                if self.read_small(line, &whole, most)?.as_deref() == Some(bytes) {
                    return Ok(());
                }
                Err(StoreError::Corrupt { place: place.clone() })
            })
        })
    }

    fn open(&self, key: &ObjectKey) -> Result<Box<dyn Read + Send>, StoreError> {
        let whole = self.whole(key);
        let what = "open a copy in";
        self.http.brief(|line| {
            let ask = Ask { what, method: "GET", key: &whole, query: &[], headers: Vec::new(), body: Sent::Nothing };
            // As long as the largest file may take.
            let answer = self.bucket.ask_within(line, ask, MAX_FILE_BYTES);
            let answer = answer.map_err(|refused| refused.fault(&line.place(), what))?;
            Ok(line.owned_body(answer))
        })
    }

    fn capabilities(&self) -> Result<Vec<Capability>, StoreError> {
        self.find().map(S3Found::capabilities)
    }

    fn sweep(&self) -> Result<u64, StoreError> {
        self.attached.check(self)?;
        self.http.brief(|line| sweep::abandoned(self, line))
    }
}
