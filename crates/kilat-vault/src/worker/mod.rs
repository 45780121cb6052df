//! The vault's process from inside: one job from its input, answers on its output, then it ends.
//!
//! Invariant: when whoever asked is gone, this process ends too, and gives its lock back.

mod backup;
mod cipher;
mod held;
mod indexed;
mod lock;
mod moved;
mod place;
mod reading;
mod repository;
mod session;
mod source;
mod toll;

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kilat_core::path_text;
use rustic_core::{CheckOptions, CheckResults};
use rustix::process::{Resource, Rlimit, Signal, getrlimit, nice, set_parent_process_death_signal, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use zeroize::Zeroizing;

use crate::lines::{
    AnswerLine, DoneLine, FaultKind, FaultLine, ItemLine, Job, JobLine, MAX_ITEMS, MAX_LINE_BYTES, PhotoLine,
    SnapshotLine, shorten,
};
use backup::Run;
use indexed::Indexed;
use lock::{Lock, Strength};
use moved::Moved;
use place::Place;
use repository::{Door, Mended, Opened, judge};
use toll::Toll;

/// Private memory: some ten times what a backup was measured to need. An index of a very large repository
/// needs the rest.
const DATA_BYTES: u64 = 1536 * 1024 * 1024;
/// The library takes a thread, and with it buffers, for every core it may use.
const CORES: usize = 4;
/// Backups may wait; copies and viewers may not.
const NICE: i32 = 10;
/// How often the bytes moved so far are told: as often as a bar moves smoothly.
const BEAT: Duration = Duration::from_millis(200);
/// Findings told of one check.
const MAX_FINDINGS: usize = 100;

/// Lines of a session that wait to be read: what a pipe holds besides.
const QUESTIONS: usize = 64;

/// What came with the job, and what may come after it.
struct Asked {
    photos: Vec<PhotoLine>,
    asks: Receiver<Question>,
}

/// A line of a session, if it could be understood.
pub(crate) type Question = Result<ItemLine, FaultLine>;

/// Where answers go.
#[derive(Debug, Clone)]
pub(crate) struct Told(Arc<Mutex<io::Stdout>>);

impl Told {
    /// Says it; an error means that nobody listens.
    pub(crate) fn tell(&self, answer: &AnswerLine) -> Result<(), FaultLine> {
        let said = serde_json::to_vec(answer).map_err(io::Error::other).and_then(|mut text| {
            text.push(b'\n');
            let mut output = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            output.write_all(&text)?;
            output.flush()
        });
        said.map_err(|error| FaultLine::new(FaultKind::Io, format!("answer: {error}")))
    }
}

/// The body of the vault's process: confines itself for good, reads one job from standard input, does it,
/// and answers on standard output.
///
/// # Errors
/// When the limits cannot be set, or the job is none.
pub fn run_worker() -> io::Result<()> {
    confine()?;
    let mut input = io::stdin().lock();
    let (order, photos) = read_job(&mut input)?;
    drop(input);
    // One question is open at a time; a question's photos wait here while they are read.
    let (asked, asks) = sync_channel(QUESTIONS);
    let told = Told(Arc::new(Mutex::new(io::stdout())));
    let moved = Arc::new(Moved::default());
    let toll = Arc::new(Toll::new(order.is_metered.then(|| told.clone())));
    let place = Place::new(path_text::decode(&order.place), Arc::clone(&moved), Arc::clone(&toll));
    let lock: SharedLock = Arc::default();
    let is_over = Arc::new(AtomicBool::new(false));
    watch_input((Arc::clone(&lock), Arc::clone(&is_over)), toll, asked)?;
    beat(told.clone(), moved, Arc::clone(&lock))?;
    let password = Zeroizing::new(order.password);
    let outcome = work(&place, &password, &order.job, Asked { photos, asks }, &told, &lock);
    lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    is_over.store(true, Ordering::Release);
    let last = match outcome {
        Ok(done) => AnswerLine::Done(DoneLine { peak_bytes: peak_bytes(), ..done }),
        Err(fault) => AnswerLine::Failed(fault),
    };
    told.tell(&last).map_err(|fault| io::Error::other(fault.detail))
}

type SharedLock = Arc<Mutex<Option<Lock>>>;

fn confine() -> io::Result<()> {
    // Set before the input is read: a parent that died earlier has closed it.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    for (resource, most) in [(Resource::Data, DATA_BYTES), (Resource::Core, 0)] {
        let most = getrlimit(resource).maximum.map_or(most, |limit| limit.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    let allowed = sched_getaffinity(None)?;
    let mut few = CpuSet::new();
    (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).take(CORES).for_each(|core| few.set(core));
    sched_setaffinity(None, &few)?;
    nice(NICE)?;
    Ok(())
}

fn read_job(input: &mut impl BufRead) -> io::Result<(JobLine, Vec<PhotoLine>)> {
    let mut line = Zeroizing::new(String::new());
    let mut next = |line: &mut String| {
        line.clear();
        match Read::take(&mut *input, MAX_LINE_BYTES).read_line(line) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            result => result.map(|_| ()),
        }
    };
    next(&mut line)?;
    let order: JobLine = serde_json::from_str(&line)?;
    let mut photos = Vec::new();
    if let Job::Session = order.job {
        return Ok((order, photos));
    }
    loop {
        next(&mut line)?;
        match serde_json::from_str(&line)? {
            ItemLine::Photo(_) if photos.len() >= MAX_ITEMS => return Err(io::Error::other("too many photos")),
            ItemLine::Photo(photo) => photos.push(photo),
            ItemLine::Ask(_) | ItemLine::Paid { .. } => return Err(io::Error::other("this is no session")),
            ItemLine::End => return Ok((order, photos)),
        }
    }
}

/// Passes a session's questions on and what may move, and ends the process when its input does: whoever asked is
/// gone, or wants no more.
fn watch_input(
    (lock, is_over): (SharedLock, Arc<AtomicBool>),
    toll: Arc<Toll>,
    asked: SyncSender<Question>,
) -> io::Result<()> {
    std::thread::Builder::new().name("vault-input".to_owned()).spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let mut line = String::new();
            match Read::take(&mut input, MAX_LINE_BYTES).read_line(&mut line) {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
            let question = match serde_json::from_str(&line) {
                Ok(ItemLine::Paid { bytes }) => {
                    toll.grant(bytes);
                    continue;
                }
                Ok(item) => Ok(item),
                Err(error) => Err(FaultLine::new(FaultKind::Io, format!("understand a question: {error}"))),
            };
            if asked.send(question).is_err() {
                break;
            }
        }
        if is_over.load(Ordering::Acquire) {
            return;
        }
        lock.lock().unwrap_or_else(PoisonError::into_inner).take();
        #[expect(clippy::exit, reason = "nobody is there to hear of anything; every file is whole or not there")]
        std::process::exit(1);
    })?;
    Ok(())
}

/// Tells of bytes moved, and keeps the lock fresh.
fn beat(told: Told, moved: Arc<Moved>, lock: SharedLock) -> io::Result<()> {
    std::thread::Builder::new().name("vault-beat".to_owned()).spawn(move || {
        let mut last = (0, 0);
        loop {
            std::thread::park_timeout(BEAT);
            let now = (moved.read.load(Ordering::Relaxed), moved.written.load(Ordering::Relaxed));
            if now != last {
                last = now;
                if told.tell(&AnswerLine::Beat { read_bytes: now.0, written_bytes: now.1 }).is_err() {
                    return;
                }
            }
            for (key, bytes) in moved.news() {
                if told.tell(&AnswerLine::Sent { key, bytes }).is_err() {
                    return;
                }
            }
            if let Some(lock) = &*lock.lock().unwrap_or_else(PoisonError::into_inner)
                && let Err(fault) = lock.refresh()
                && told.tell(&AnswerLine::Note { text: fault.detail }).is_err()
            {
                return;
            }
        }
    })?;
    Ok(())
}

fn work(
    place: &Place,
    password: &str,
    job: &Job,
    asked: Asked,
    told: &Told,
    held: &SharedLock,
) -> Result<DoneLine, FaultLine> {
    let Asked { photos, asks } = asked;
    let may_make = matches!(job, Job::Open { may_make: true });
    let Door { repository, was_made } = repository::open(place, password, may_make)?;
    if let Job::Open { .. } = job {
        return Ok(DoneLine { was_made, ..DoneLine::default() });
    }
    match job {
        Job::Backup { .. } => prepare(place, &repository, told)?,
        // It may want to read only, and the disk may be full or its switch on "lock".
        Job::Session => match prepare(place, &repository, told) {
            Err(fault) if !is_refusal(fault.what) => return Err(fault),
            Ok(()) | Err(_) => {}
        },
        Job::Open { .. } | Job::Verify { .. } | Job::Restore { .. } | Job::Check | Job::List => {}
    }
    lock_for(job, place, &repository, told, held)?;
    match job {
        Job::Open { .. } => Ok(DoneLine::default()),
        Job::Backup { event, folder } => {
            let indexed = Indexed::read(place, repository)?;
            Run { place, event: event.as_deref(), folder, told, asked: &BTreeMap::new() }.backup(indexed, photos)
        }
        Job::Verify { folder } => reading::verify(place, &Indexed::read(place, repository)?, folder, &photos, told),
        Job::Session => session::serve(place, Indexed::read(place, repository)?, &asks, told),
        Job::Restore { from, dest } => {
            let indexed = Indexed::read(place, repository)?;
            reading::restore(place, &indexed, from, &path_text::decode(dest), &photos, told)
        }
        Job::Check => check(place, &repository, told),
        Job::List => list(place, &repository, told),
    }
}

/// What an interrupted run left.
fn prepare(place: &Place, repository: &Opened, told: &Told) -> Result<(), FaultLine> {
    repository::complete(place)?;
    place.sweep().map_err(|error| place::fault("sweep", place.root(), &error))?;
    let Some(Mended { unnamed, missing }) = repository::mend(place, repository)? else { return Ok(()) };
    let text = format!(
        "the repository's index was mended: {unnamed} packs of a run that was cut off are used, {missing} that are gone are made up for"
    );
    told.tell(&AnswerLine::Note { text })
}

/// What only reads goes on without a lock where none can be written.
fn lock_for(job: &Job, place: &Place, repository: &Opened, told: &Told, held: &SharedLock) -> Result<(), FaultLine> {
    match Lock::take(place, &repository.key(), Strength::Shared) {
        Ok(lock) => {
            *held.lock().unwrap_or_else(PoisonError::into_inner) = Some(lock);
            Ok(())
        }
        Err(fault) if !matches!(job, Job::Backup { .. }) && is_refusal(fault.what) => {
            told.tell(&AnswerLine::Note { text: format!("read without a lock: {}", fault.detail) })
        }
        Err(fault) => Err(fault),
    }
}

/// Whether a place cannot be written, but perhaps read.
fn is_refusal(what: FaultKind) -> bool {
    matches!(what, FaultKind::ReadOnly | FaultKind::Denied | FaultKind::Full)
}

fn check(place: &Place, repository: &Opened, told: &Told) -> Result<DoneLine, FaultLine> {
    let options = CheckOptions::default().read_data(true);
    let results = repository.check(options).map_err(|error| judge(place, &error))?;
    // Some findings are remarks only; the library tells them apart in a list alone.
    let each = results.0.into_iter().map(|finding| CheckResults(vec![finding]));
    for CheckResults(wrong) in each.filter(|one| one.is_ok().is_err()).take(MAX_FINDINGS) {
        for (_, finding) in wrong {
            told.tell(&AnswerLine::Finding { text: shorten(finding.to_string()) })?;
        }
    }
    Ok(DoneLine::default())
}

fn list(place: &Place, repository: &Opened, told: &Told) -> Result<DoneLine, FaultLine> {
    let mut snapshots = repository.get_all_snapshots().map_err(|error| judge(place, &error))?;
    snapshots.sort_by_key(|snapshot| snapshot.time.timestamp());
    for snapshot in snapshots {
        told.tell(&AnswerLine::Snapshot(SnapshotLine {
            id: snapshot.id.to_hex().to_string(),
            time: snapshot.time.timestamp().to_string(),
            hostname: shorten(snapshot.hostname),
            tags: shorten(snapshot.tags.to_string()),
            paths: shorten(snapshot.paths.to_string()),
        }))?;
    }
    Ok(DoneLine::default())
}

/// The most memory that this process had at once, as the system counted it.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()).map_or(0, |kib| kib * 1024)
}
