//! A whole card: listed, compared, and what is not held read, one file after the other.
//!
//! Whatever it dies of, nothing half stays: a file is held once the intake answered, and the next comparison knows it.
//! A photo of this content that another event holds is not filed anew: the card keeps photos of past weddings.

use std::collections::BTreeSet;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use kilat_core::{
    Arrival, Board, CameraFact, CardTally, Clock, Event, EventId, Fact, FileStamp, Frame, IdSource, ImportEnd,
    ImportProgress, MAX_FRAMES_TOLD, MAX_SAMPLES, PhotoId, Stop, Via, Way, is_of_earlier_shoot, shoot_begins_s,
};
use kilat_ingest::{Intake, IntakeError, Offer, Outcome, Receiving};
use kilat_journal::{Journal, JournalError};
use rustix::fs::CWD;
use tokio::task::JoinSet;

use super::compare::Compared;
use super::list::{CardFile, is_gone, list, open_folder};
use super::plan::{Plan, compare_listing};
use super::read::{ReadFault, read};
use crate::cards::{Card, Places, is_there};

/// Files that become durable while the next one is read: as many syncs as a disk does at once.
const FINISHING: usize = 4;
/// Facts about frames in one append: some 500 KB.
const LISTS_AT_ONCE: usize = 16;
/// Bytes between two looks at how far it is.
const TELL_EVERY: u64 = 8 << 20;

/// What reading cards needs.
#[derive(Clone)]
pub struct Importer {
    /// The way in.
    pub intake: Intake,
    /// What is held.
    pub journal: Journal,
    /// How it goes.
    pub board: Board,
    /// Where mounts are.
    pub places: Places,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Names arrivals.
    pub ids: Arc<IdSource>,
}

/// What became of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// What is on it, and what became of it.
    pub tally: CardTally,
    /// How it ended.
    pub end: ImportEnd,
}

/// Why a card cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// It was pulled, or its file system is broken.
    #[error("the card cannot be listed: {0}")]
    Card(#[from] io::Error),
    /// What is held cannot be asked.
    #[error("cannot {0}")]
    Journal(#[from] JournalError),
}

/// What one file came to.
enum Came {
    Held,
    CutOff,
    Unreadable,
    Refused(String),
}

impl Importer {
    /// Lists the card and compares: no file is opened.
    ///
    /// # Errors
    /// When the card cannot be listed or the journal not be read.
    pub async fn plan(&self, card: &Card) -> Result<Plan, PlanError> {
        let root = card.root.clone();
        let listing = tokio::task::spawn_blocking(move || list(&root)).await.map_err(io::Error::other)??;
        let before = self.journal.handed_in(&card.id).await?;
        let event = self.journal.active_event().await?;
        let plan = compare_listing(listing, &before, self.begins_s(event.as_ref()));
        // From now on the account counts with it.
        if let Some(event) = &event {
            self.tell_list(card, event, &plan).await?;
        }
        Ok(plan)
    }

    fn begins_s(&self, event: Option<&Event>) -> i64 {
        shoot_begins_s(event, self.clock.now())
    }

    /// Reads what is not held; `plan` is a fresh one.
    pub async fn run(&self, card: &Card, plan: Plan, stop: &Stop) -> Imported {
        let mut reading = Reading::new(self, card, plan.tally.clone());
        let end = match self.begin(card, &plan).await {
            Ok((event, root)) => reading.all(&event, &root, plan.compared.unknown, stop).await,
            Err(end) => end,
        };
        self.board.set_import(&card.id, None);
        Imported { tally: reading.tally, end }
    }

    /// What the card lists is told; answers the event and the card's root.
    async fn begin(&self, card: &Card, plan: &Plan) -> Result<(EventId, Arc<OwnedFd>), ImportEnd> {
        let event = match self.journal.active_event().await {
            Ok(Some(event)) => event,
            Ok(None) => return Err(refused("no event is active: make one, or use one (kilat event use)")),
            Err(error) => return Err(refused(format!("cannot {error}"))),
        };
        self.tell_list(card, &event, plan).await.map_err(|error| refused(format!("cannot {error}")))?;
        let path = card.root.clone();
        let opened = tokio::task::spawn_blocking(move || open_folder(CWD, path.as_os_str())).await;
        match opened.map_err(io::Error::other).flatten() {
            Ok(root) => Ok((event.id, Arc::new(root))),
            Err(_) => Err(ImportEnd::Pulled),
        }
    }

    /// The frames that belong to the active event, and those that are not on the card any more.
    async fn tell_list(&self, card: &Card, event: &Event, plan: &Plan) -> Result<(), JournalError> {
        let Compared { unknown, held, cut_off } = &plan.compared;
        let here = held.iter().filter(|(_, of)| *of == event.id).map(|(file, _)| file);
        let all = unknown.iter().chain(&plan.older).chain(cut_off).chain(here);
        let now: BTreeSet<Frame> = all.map(frame).collect();
        let before: BTreeSet<Frame> = self.journal.listed_frames(&card.id, &event.id).await?.into_iter().collect();
        let new: Vec<Frame> = now.difference(&before).cloned().collect();
        let paths: BTreeSet<&String> = now.iter().map(|frame| &frame.path).collect();
        let gone = before.difference(&now).filter(|frame| !paths.contains(&frame.path));
        let gone: Vec<String> = gone.map(|frame| frame.path.clone()).collect();
        let camera = || card.id.clone();
        let begins = self.begins_s(Some(event));
        let (old, new): (Vec<Frame>, Vec<Frame>) =
            new.into_iter().partition(|frame| is_of_earlier_shoot(frame.written_s, begins));
        let mut facts = Vec::new();
        for (frames, older) in [(new, false), (old, true)] {
            facts.extend(frames.chunks(MAX_FRAMES_TOLD).map(|frames| {
                let (event, frames) = (event.id.clone(), frames.to_vec());
                CameraFact::Listed { camera: camera(), event, frames, older }
            }));
        }
        let gone = gone.chunks(MAX_FRAMES_TOLD);
        facts.extend(gone.map(|paths| CameraFact::Unlisted { camera: camera(), paths: paths.to_vec() }));
        for facts in facts.chunks(LISTS_AT_ONCE) {
            self.journal.append(facts.iter().cloned().map(Fact::Camera).collect()).await?;
        }
        Ok(())
    }

    /// Ends a file that was read: filed, or known from another event.
    async fn finish(&self, card: &Card, file: &CardFile, part: Receiving, event: &EventId) -> Came {
        let hash = part.hashed().content;
        match self.journal.photo_of_any_event(&hash, event).await {
            Ok(Some((of, photo))) if of != *event => {
                drop(part);
                return match self.receipt(card, file, (of, photo)).await {
                    Ok(()) => Came::Held,
                    Err(error) => Came::Refused(format!("cannot {error}")),
                };
            }
            Ok(_) => {}
            Err(error) => return Came::Refused(format!("cannot {error}")),
        }
        match self.intake.finish(part).await {
            Ok(Outcome::Filed { .. } | Outcome::Held { .. }) => Came::Held,
            Ok(Outcome::CutOff { .. }) => Came::CutOff,
            Ok(Outcome::Aside | Outcome::Empty) => Came::Unreadable,
            Err(error) => Came::Refused(error.to_string()),
        }
    }

    /// The card has what another event holds: remembered, so that it is not read again.
    async fn receipt(
        &self,
        card: &Card,
        file: &CardFile,
        (event, photo): (EventId, PhotoId),
    ) -> Result<(), JournalError> {
        let arrival = Arrival {
            id: self.ids.arrival(),
            source: self.intake.source().clone(),
            path: [Path::new(card.id.as_str()), Path::new("card/held"), &file.path].iter().collect::<PathBuf>(),
            stamp: FileStamp { size_bytes: file.size_bytes, mtime_ns: nanos(file), ino: 0 },
            event,
            at: self.clock.now(),
            via: Some(via(card)),
        };
        let again = Fact::PhotoSeenAgain { photo, arrival: arrival.id.clone() };
        self.journal.append(vec![Fact::ArrivalSeen { arrival }, again]).await.map(|_| ())
    }
}

/// One card while it is read.
struct Reading<'a> {
    importer: &'a Importer,
    card: &'a Card,
    tally: CardTally,
    progress: ImportProgress,
    finishing: JoinSet<(CardFile, Came)>,
}

impl<'a> Reading<'a> {
    fn new(importer: &'a Importer, card: &'a Card, tally: CardTally) -> Self {
        let progress =
            ImportProgress { total_files: tally.left, total_bytes: tally.left_bytes, ..ImportProgress::default() };
        Self { importer, card, tally, progress, finishing: JoinSet::new() }
    }

    async fn all(&mut self, event: &EventId, root: &Arc<OwnedFd>, files: Vec<CardFile>, stop: &Stop) -> ImportEnd {
        let mut end = ImportEnd::Done;
        for file in files {
            let came = self.one(event, root, file, stop).await;
            if let Err(ended) = came {
                end = ended;
                break;
            }
        }
        // What is on its way is ended, whatever ended the rest.
        while let Some(ended) = self.finishing.join_next().await {
            if let Err(refused) = self.take(ended)
                && end == ImportEnd::Done
            {
                end = refused;
            }
        }
        end
    }

    async fn one(
        &mut self,
        event: &EventId,
        root: &Arc<OwnedFd>,
        file: CardFile,
        stop: &Stop,
    ) -> Result<(), ImportEnd> {
        while self.finishing.len() >= FINISHING {
            if let Some(ended) = self.finishing.join_next().await {
                self.take(ended)?;
            }
        }
        match self.read(root, &file, stop).await {
            Ok(part) => {
                let (importer, card, event) = (self.importer.clone(), self.card.clone(), event.clone());
                self.finishing.spawn(async move {
                    let came = importer.finish(&card, &file, part, &event).await;
                    (file, came)
                });
                Ok(())
            }
            Err(ReadFault::Stopped) => Err(ImportEnd::Stopped),
            Err(ReadFault::Intake(IntakeError::TooLarge { .. })) | Err(ReadFault::Changed) => {
                self.count(&file, Came::Unreadable)
            }
            Err(ReadFault::Intake(error)) => Err(refused(error.to_string())),
            Err(ReadFault::Card(error)) => {
                if is_gone(&error) || !is_there(&self.importer.places, self.card) {
                    return Err(ImportEnd::Pulled);
                }
                tracing::warn!(card = %self.card.name, file = file.shown(), %error, "a file of a card cannot be read");
                self.count(&file, Came::Unreadable)
            }
        }
    }

    async fn read(&mut self, root: &Arc<OwnedFd>, file: &CardFile, stop: &Stop) -> Result<Receiving, ReadFault> {
        self.progress.name = file.shown();
        let (board, card, mut progress) = (self.importer.board.clone(), self.card.id.clone(), self.progress.clone());
        board.set_import(&card, Some(progress.clone()));
        self.progress.done_bytes += file.size_bytes;
        self.progress.done_files += 1;
        let offer = Offer {
            via: via(self.card),
            sender: self.card.name.clone(),
            name: file.name(),
            size_bytes: Some(file.size_bytes),
            written: Some(file.written),
            hash: None,
        };
        let (intake, root, file, stop) = (self.importer.intake.clone(), Arc::clone(root), file.clone(), stop.clone());
        let work = move || {
            let (before, mut next) = (progress.done_bytes, TELL_EVERY);
            read(root.as_fd(), &file, (&intake, offer), &stop, |bytes| {
                if bytes >= next {
                    next = bytes + TELL_EVERY;
                    progress.done_bytes = before + bytes;
                    board.set_import(&card, Some(progress.clone()));
                }
            })
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(came) => came,
            Err(died) => Err(ReadFault::Card(io::Error::other(died))),
        }
    }

    fn take(&mut self, ended: Result<(CardFile, Came), tokio::task::JoinError>) -> Result<(), ImportEnd> {
        match ended {
            Ok((file, came)) => self.count(&file, came),
            Err(died) => Err(refused(died.to_string())),
        }
    }

    fn count(&mut self, file: &CardFile, came: Came) -> Result<(), ImportEnd> {
        let tally = &mut self.tally;
        match came {
            Came::Held => tally.imported += 1,
            Came::CutOff => tally.cut_off += 1,
            Came::Unreadable => tally.unreadable += 1,
            Came::Refused(reason) => return Err(refused(reason)),
        }
        if !matches!(came, Came::Held) && tally.names.len() < MAX_SAMPLES {
            tally.names.push(file.shown());
        }
        tally.left = tally.left.saturating_sub(1);
        tally.left_bytes = tally.left_bytes.saturating_sub(file.size_bytes);
        Ok(())
    }
}

fn refused(reason: impl Into<String>) -> ImportEnd {
    ImportEnd::Refused { reason: reason.into() }
}

fn via(card: &Card) -> Via {
    Via { way: Way::Card, camera: card.id.clone() }
}

fn frame(file: &CardFile) -> Frame {
    Frame { path: file.shown(), size_bytes: file.size_bytes, written_s: Some(file.written_s()) }
}

fn nanos(file: &CardFile) -> i64 {
    let beyond = file.written.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).subsec_nanos();
    file.written_s().saturating_mul(1_000_000_000).saturating_add(beyond.into())
}
