//! The uploads that are under way, and those that ended lately: how far each came, and who works on it.
//!
//! One call at a time works on an upload. What stands here is on the disk too, but for the hash so far: many small calls
//! would otherwise read what they had sent again and again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::http::StatusCode;
use kilat_auth::Who;
use kilat_core::Millis;
use kilat_ingest::{Intake, PartName, Resting};
use kilat_wire::IntakeAnswer;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, watch};

use super::about::About;
use crate::refusal::Refusal;

/// Uploads that have not ended: each holds 4 KB here and its bytes on the disk.
const MAX_GOING: usize = 1_000;
/// With those that ended, whose senders may have lost the answer.
const MAX_KNOWN: usize = 2_000;
/// A part without a note was being begun when the process ended; nobody knows its name.
const NOBODYS: Duration = Duration::from_secs(24 * 3_600);
/// The call that works on an upload ends within this when another one asks it to.
const HAND_OVER: Duration = Duration::from_secs(10);

/// An upload.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) part: PartName,
    pub(super) about: About,
    state: Arc<AsyncMutex<State>>,
    asked: watch::Sender<u64>,
}

/// How far it came.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Durable bytes.
    pub(super) kept_bytes: u64,
    /// What was hashed of these; none after a restart.
    pub(super) resting: Option<Resting>,
    /// What became of it; known until the process ends.
    pub(super) ended: Option<Ended>,
}

/// How an upload ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    /// It is durable under its name.
    Taken(Option<IntakeAnswer>),
    /// It was removed, or nothing could come of it.
    Gone,
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Uploads(Mutex<BTreeMap<String, Arc<Upload>>>);

impl Uploads {
    /// Those that an earlier process left. What is too old is deleted.
    pub(crate) fn find(intake: &Intake, now: Millis) -> Self {
        let uploads = Self::default();
        let noted = intake.noted().unwrap_or_else(|error| {
            tracing::error!(%error, "the uploads that were under way cannot be listed");
            Vec::new()
        });
        for noted in noted {
            let about = serde_json::from_str::<About>(&noted.text).ok();
            // Its bytes got their name before the end was noted, or were deleted by hand.
            let is_through = about.as_ref().is_some_and(|about| about.size_bytes == noted.kept_bytes);
            match about.filter(|about| about.expires_at() > now && (noted.is_here || is_through)) {
                Some(about) => {
                    let ended = (!noted.is_here).then_some(Ended::Taken(None));
                    let state = State { kept_bytes: noted.kept_bytes, resting: None, ended };
                    uploads.lock().insert(noted.part.as_str().to_owned(), Upload::new(noted.part, about, state));
                }
                None => forget(intake, &noted.part),
            }
        }
        uploads.forget_nobodys(intake, now.to_system_time());
        uploads
    }

    fn forget_nobodys(&self, intake: &Intake, now: SystemTime) {
        let parts = intake.parts().unwrap_or_else(|error| {
            tracing::error!(%error, "parts of uploads cannot be listed");
            Vec::new()
        });
        for (part, touched) in parts {
            let is_old = now.duration_since(touched).is_ok_and(|age| age > NOBODYS);
            if is_old && !self.lock().contains_key(part.as_str()) {
                forget(intake, &part);
            }
        }
    }

    /// Room for another one: what is too old goes, then the oldest of those that ended.
    pub(super) fn make_room(&self, intake: &Intake, now: Millis) -> Result<(), Refusal> {
        let mut known = self.lock();
        let mut leave: Vec<PartName> = Vec::new();
        let is_idle_and_old = |upload: &Upload| upload.about.expires_at() <= now && upload.state.try_lock().is_ok();
        leave.extend(known.values().filter(|upload| is_idle_and_old(upload)).map(|upload| upload.part.clone()));
        let has_ended = |upload: &Upload| upload.state.try_lock().is_ok_and(|state| state.ended.is_some());
        if known.len() >= MAX_KNOWN {
            let oldest = known.values().filter(|upload| has_ended(upload)).min_by_key(|upload| upload.about.begun_at);
            leave.extend(oldest.map(|upload| upload.part.clone()));
        }
        for part in leave {
            known.remove(part.as_str());
            forget(intake, &part);
        }
        let going = known.values().filter(|upload| !has_ended(upload)).count();
        if going < MAX_GOING {
            return Ok(());
        }
        let error = format!("{MAX_GOING} uploads are under way");
        Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_uploads", error, "end some of them, or use PUT"))
    }

    pub(super) fn add(&self, part: PartName, about: About, state: State) -> Arc<Upload> {
        let upload = Upload::new(part, about, state);
        self.lock().insert(upload.part.as_str().to_owned(), Arc::clone(&upload));
        upload
    }

    /// One that this caller began.
    pub(super) fn of(&self, id: &str, who: &Who) -> Result<Arc<Upload>, Refusal> {
        let found = self.lock().get(id).filter(|upload| upload.about.owner == owner(who)).cloned();
        found.ok_or_else(|| Refusal::missing("there is no such upload, or it is another's, or it was too old"))
    }

    pub(super) fn remove(&self, intake: &Intake, upload: &Upload) {
        self.lock().remove(upload.part.as_str());
        forget(intake, &upload.part);
    }

    pub(super) fn all(&self) -> Vec<Arc<Upload>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Upload>>> {
        // A list that a panic left behind is still a list.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Upload {
    fn new(part: PartName, about: About, state: State) -> Arc<Self> {
        Arc::new(Self { part, about, state: Arc::new(AsyncMutex::new(state)), asked: watch::Sender::new(0) })
    }

    /// For the one call that adds bytes; a second one at the same time is refused.
    pub(super) fn work(&self) -> Result<OwnedMutexGuard<State>, Refusal> {
        Arc::clone(&self.state).try_lock_owned().map_err(|_busy| busy())
    }

    /// For whoever wants to know how far it came: its line is another one now, so the call that still waits for bytes
    /// ends, and keeps what it has.
    pub(super) async fn take_over(&self) -> Result<OwnedMutexGuard<State>, Refusal> {
        if let Ok(state) = Arc::clone(&self.state).try_lock_owned() {
            return Ok(state);
        }
        self.asked.send_modify(|times| *times += 1);
        let state = Arc::clone(&self.state).lock_owned();
        tokio::time::timeout(HAND_OVER, state).await.map_err(|_elapsed| busy())
    }

    /// Who works on it hears here that another one takes over.
    pub(super) fn asked(&self) -> watch::Receiver<u64> {
        self.asked.subscribe()
    }
}

/// Whoever presents this, as it is noted: the id of their token, or the camera.
pub(super) fn owner(who: &Who) -> String {
    format!("{:?}", who.credential)
}

fn busy() -> Refusal {
    let error = "another call adds to this upload just now";
    Refusal::new(StatusCode::LOCKED, "upload_busy", error, "ask how far it came (HEAD), then go on there")
}

fn forget(intake: &Intake, part: &PartName) {
    if let Err(error) = intake.forget(part) {
        tracing::warn!(part = part.as_str(), %error, "what came of an upload stays until the next start");
    }
}
