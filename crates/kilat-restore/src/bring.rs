//! One restore from its beginning to its end: reads what the place has, makes sure of the room, brings the files.
//!
//! Blocks in threads of its own. What was brought is counted as it goes; the counts are read from outside.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kilat_core::{
    DestinationId, Meter, ObjectKey, Restore, RestoreFailure, RestoreTally, RestoreTotals, Stop, size_text,
};
use kilat_journal::JournalError;
use kilat_mhl::{
    Damage, Outcome, Progress, RelPath, RestoreError, Room, Source, Sources, Stored, Target, restore, wanted,
};
use kilat_places::Open;

use crate::desk::{Copies, Restores, blocking, copies, names};
use crate::refusal::RestoreRefusal;

/// Failed files that are named one by one; the rest is counted, and found again by the next restore.
const MAX_NAMED: usize = 200;
/// Flaws of manifests that are told.
const MAX_WARNINGS: usize = 10;

/// A restore that goes, as it is told.
#[derive(Debug, Default)]
pub(crate) struct Course {
    pub(crate) meter: Meter,
    counted: Mutex<(RestoreTally, Vec<RestoreFailure>)>,
}

impl Course {
    pub(crate) fn tally(&self) -> RestoreTally {
        self.lock().0
    }

    pub(crate) fn failures(&self) -> Vec<RestoreFailure> {
        self.lock().1.clone()
    }

    fn lock(&self) -> MutexGuard<'_, (RestoreTally, Vec<RestoreFailure>)> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a restore could not go on.
#[derive(Debug)]
pub(crate) enum Broke {
    /// What happened, and what to do.
    Failed { error: String, remedy: String },
    /// The journal cannot be used.
    Journal(JournalError),
}

impl From<JournalError> for Broke {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

/// What there is to bring: by folder, the place that has it and the paths below it.
pub(crate) struct Load {
    folders: Vec<(ObjectKey, Vec<Source>, Vec<RelPath>)>,
    pub(crate) totals: RestoreTotals,
    pub(crate) warnings: Vec<String>,
}

/// Reads what the place has of the event, and makes sure that there is room for it.
pub(crate) async fn load(desk: &Restores, asked: &Restore) -> Result<Load, Broke> {
    let config = &desk.0.config;
    let Some(open) = config.places.get(&asked.from) else {
        return Err(refused(&RestoreRefusal::UnknownDestination(asked.from.to_string())));
    };
    let known = copies(&config.journal, &asked.event, &asked.from).await?;
    let mut folders = config.journal.event_folders(&asked.event).await?;
    folders.extend(known.keys().cloned());
    folders.sort();
    folders.dedup();
    let names = asked.photos.as_deref().map(names).transpose().map_err(|why| refused(&why))?;
    let from = asked.from.clone();
    let load = blocking(move || {
        let Sources { folders, mut warnings } = read(&open, &from, folders, known);
        warnings.truncate(MAX_WARNINGS);
        let with_paths = |(folder, sources): (ObjectKey, Vec<Source>)| {
            let paths = wanted(&sources, names.as_ref());
            (folder, sources, paths)
        };
        Load { folders: folders.into_iter().map(with_paths).collect(), totals: RestoreTotals::default(), warnings }
    })
    .await;
    let sizes = sizes(&load);
    let totals = RestoreTotals { photos: sizes.len() as u64, bytes: sizes.iter().map(|(_, size)| size).sum() };
    if totals.photos == 0 {
        let (from, event) = (asked.from.to_string(), asked.event.to_string());
        return Err(refused(&RestoreRefusal::NothingThere { from, event }));
    }
    let room = desk.room(&asked.folder, sizes).await.map_err(|fault| refused(&fault.into()))?;
    let Room { needed_bytes, free_bytes } = room;
    if needed_bytes > free_bytes {
        let folder = asked.folder.clone();
        return Err(refused(&RestoreRefusal::NoRoom { folder, needed_bytes, free_bytes }));
    }
    Ok(Load { totals, ..load })
}

fn read(open: &Open, from: &DestinationId, folders: Vec<ObjectKey>, mut known: Copies) -> Sources {
    let mut sources = Sources::default();
    for folder in folders {
        let place = Stored::new(Arc::clone(&open.store), folder.clone(), from.to_string());
        let known = known.remove(&folder).unwrap_or_default();
        sources.add(folder, Box::new(place), known);
    }
    sources
}

fn sizes(load: &Load) -> Vec<(ObjectKey, u64)> {
    let each = load.folders.iter().flat_map(|(folder, sources, paths)| {
        paths.iter().map(move |path| {
            let key = ObjectKey::from_names(folder.segments().chain(path.segments()));
            let size = sources.iter().find_map(|source| source.files.get(path)?.size_bytes);
            (key, size.unwrap_or_default())
        })
    });
    each.collect()
}

/// How far a restore came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// To the last file.
    All,
    /// It was stopped before that.
    Part,
}

/// Brings the files, until all are there or it is stopped.
pub(crate) async fn bring(load: Load, folder: &Path, course: Arc<Course>, stop: Stop) -> Result<Reach, Broke> {
    let folder = folder.to_owned();
    course.meter.begin(0, load.totals.bytes);
    let brought = blocking(move || {
        let target = Target::open(&folder)?;
        let mut told = Told { course: &course, stop: &stop };
        for (folder, sources, paths) in &load.folders {
            if stop.is_asked() {
                break;
            }
            restore(sources, paths, &target, folder, &mut told)?;
        }
        let RestoreTally { restored, was_there, failed, .. } = course.tally();
        Ok(if restored + was_there + failed < load.totals.photos { Reach::Part } else { Reach::All })
    });
    brought.await.map_err(|error: RestoreError| {
        let remedy = match &error {
            RestoreError::Full { .. } => "make room there, then restore again: what is there already is kept",
            RestoreError::Target { .. } => "look at that folder, then restore again: what is there already is kept",
            RestoreError::Away { .. } => {
                "plug it in or mend the line, then restore again; or restore from another destination"
            }
            RestoreError::NamesTaken(_) => "restore into another folder",
        };
        let error = match &error {
            RestoreError::Full { path, free_bytes, needed_bytes } => format!(
                "{} needs {}, and {} are free there",
                path.display(),
                size_text(*needed_bytes),
                size_text(*free_bytes)
            ),
            RestoreError::Target { .. } => format!("cannot {error}"),
            RestoreError::Away { .. } | RestoreError::NamesTaken(_) => error.to_string(),
        };
        Broke::Failed { error, remedy: remedy.to_owned() }
    })
}

struct Told<'a> {
    course: &'a Course,
    stop: &'a Stop,
}

impl Told<'_> {
    fn goes_on(&self) -> ControlFlow<()> {
        if self.stop.is_asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Progress for Told<'_> {
    fn bytes(&mut self, more: u64) -> ControlFlow<()> {
        self.course.meter.done(more);
        self.goes_on()
    }

    fn file(&mut self, path: &RelPath, outcome: Outcome) -> ControlFlow<()> {
        let mut counted = self.course.lock();
        let (tally, failures) = &mut *counted;
        match outcome {
            Outcome::Restored { size_bytes, .. } => {
                tally.restored += 1;
                tally.restored_bytes += size_bytes;
            }
            Outcome::WasThere { .. } => tally.was_there += 1,
            Outcome::Failed { damages } => {
                tally.failed += 1;
                if failures.len() < MAX_NAMED {
                    failures.push(RestoreFailure { name: path.to_string(), message: in_words(&damages) });
                }
            }
        }
        drop(counted);
        self.goes_on()
    }
}

fn in_words(damages: &[Damage]) -> String {
    let each: Vec<String> = damages.iter().map(|damage| format!("{} at {}", damage.why, damage.source)).collect();
    if each.is_empty() { "no place has it".to_owned() } else { each.join("; ") }
}

fn refused(refusal: &RestoreRefusal) -> Broke {
    Broke::Failed { error: refusal.to_string(), remedy: refusal.remedy().to_owned() }
}
