//! Cameras on the cable: which there are, and the desk that their photos and their news come to.
//!
//! A photo goes to the intake as if it had been received; news become facts, and what a camera tells of itself goes to
//! the board.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use kilat_core::{
    Board, Camera, CameraFact, CameraId, CameraKind, CameraState, Class, Classify, Clock, Coming, Event, Fact, Frame,
    KnownCamera, MAX_FRAMES_TOLD, Stop, Tasks, Via, Way, is_of_earlier_shoot,
};
use kilat_ingest::{Intake, Offer, Outcome};
use kilat_journal::{Journal, JournalError};
use kilat_tether::{Desk, Download, HelperProgram, News, PortChange, Taken, TetherConfig, Tethered};
use tokio::sync::mpsc;

use super::older;
use crate::config::Config;

/// Ports that come and go and wait to be told of: a hub full of cameras.
const CHANGES: usize = 32;
/// Between two looks for a camera whose name the network does not know.
const RESOLVE_AGAIN: Duration = Duration::from_secs(15);

/// How a JPEG begins.
const JPEG: &[u8] = &[0xff, 0xd8, 0xff];

/// What desks are made of.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) journal: Journal,
    pub(super) intake: Intake,
    pub(super) board: Board,
    pub(super) clock: Arc<dyn Clock>,
}

/// Pulls from the cameras that the settings name, and from those that are told through what this answers.
pub(super) fn start(tasks: &mut Tasks, config: &Config, parts: Parts, stop: &Stop) -> mpsc::Sender<PortChange> {
    let (changes, ports) = mpsc::channel(CHANGES);
    tasks.spawn("frames of earlier shoots", older::hear(parts.journal.clone(), changes.clone(), stop.clone()));
    let home = config.data.value.join("tether");
    let desk = move |camera: &Tethered| Arc::new(Cable::new(camera, parts.clone()));
    tasks.spawn("tether", kilat_tether::run(ports, desk, TetherConfig::new(program(), home), stop.clone()));
    let named = name_all(config.tether.value.clone(), changes.clone(), stop.clone());
    tasks.spawn("cameras on the network", named);
    changes
}

/// This program as the helper of a camera.
pub(crate) fn program() -> HelperProgram {
    let exe = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("kilat"));
    HelperProgram { exe, args: vec!["tether-worker".to_owned()], env: Vec::new() }
}

/// Tells of the cameras on the network, each as soon as its name is known.
async fn name_all(addresses: Vec<String>, changes: mpsc::Sender<PortChange>, stop: Stop) -> Result<(), Infallible> {
    let mut unknown = addresses;
    while !unknown.is_empty() {
        let mut again = Vec::new();
        for address in unknown {
            match named(&address).await {
                Ok(camera) => {
                    // The receiver ends only when all does.
                    if changes.send(PortChange::There(camera)).await.is_err() {
                        return Ok(());
                    }
                }
                Err(why) => {
                    tracing::warn!(why, "a camera on the network is not known: looking again");
                    again.push(address);
                }
            }
        }
        unknown = again;
        tokio::select! {
            () = stop.asked() => return Ok(()),
            () = tokio::time::sleep(RESOLVE_AGAIN), if !unknown.is_empty() => {}
            () = std::future::ready(()), if unknown.is_empty() => {}
        }
    }
    stop.asked().await;
    Ok(())
}

async fn named(address: &str) -> Result<Tethered, String> {
    let asked = address.to_owned();
    let port =
        tokio::task::spawn_blocking(move || kilat_tether::port_of(&asked)).await.map_err(|e| e.to_string())??;
    // Where events go is no part of who it is.
    let host: Vec<&str> = address.trim_start_matches("ptpip:").split(':').take(2).collect();
    let host = host.join(":");
    let id: String = host.chars().map(|sign| if sign.is_ascii_alphanumeric() { sign } else { '-' }).take(50).collect();
    let id = format!("ptpip-{id}").parse::<CameraId>().map_err(|error| error.to_string())?;
    Ok(Tethered { id, name: format!("the camera at {host}"), port })
}

/// The desk of one camera.
struct Cable {
    camera: Tethered,
    parts: Parts,
    told: Mutex<Told>,
}

/// What was told last.
struct Told {
    body: Option<Camera>,
    state: CameraState,
    /// What is wrong with its photos, and not with it.
    complaint: Option<String>,
    /// How far its clock, read as if it were UTC, is ahead of UTC.
    clock_ahead_s: Option<i64>,
}

impl Cable {
    fn new(camera: &Tethered, parts: Parts) -> Self {
        let told = Told { body: None, state: CameraState::Unseen, complaint: None, clock_ahead_s: None };
        Self { camera: camera.clone(), parts, told: Mutex::new(told) }
    }

    fn last(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As people call it.
    fn name(&self) -> String {
        match &self.last().body {
            Some(body) if !body.model.is_empty() => body.model.clone(),
            Some(_) | None => self.camera.name.clone(),
        }
    }

    /// What makes the journal know it, or know more of it. Whoever looks after USB names the cameras there.
    async fn known(&self) -> Result<Option<Fact>, JournalError> {
        let address = self.camera.port.strip_prefix("ptpip:");
        let (id, name, body) = (self.camera.id.clone(), self.name(), self.last().body.clone());
        let camera = match self.parts.journal.known_camera(&id).await?.map(|known| known.camera) {
            // It has said nothing yet since Kilat started: what it said before stays.
            Some(_) if body.is_none() => return Ok(None),
            Some(known) if address.is_none() && known.body.is_some() => return Ok(None),
            Some(known) if address.is_none() => KnownCamera { body, ..known },
            Some(known) => KnownCamera { name, body, ..known },
            None => {
                let place = address.and_then(|address| address.split(':').next()).map(str::to_owned);
                KnownCamera { id, name, kind: CameraKind::Tethered, body, place, login: None }
            }
        };
        Ok(Some(Fact::Camera(CameraFact::Added { camera })))
    }

    async fn tell(&self, news: Vec<Fact>) {
        let told = async {
            let facts: Vec<Fact> = self.known().await?.into_iter().chain(news).collect();
            self.parts.journal.append_patiently(facts).await
        };
        if let Err(error) = told.await {
            tracing::error!(camera = %self.camera.id, %error, "news of a camera could not be recorded");
        }
    }

    async fn stands(&self, state: CameraState, message: Option<String>) {
        if !state.is_ready() {
            self.parts.board.set_camera(&self.camera.id, None);
            self.parts.board.set_coming(&self.camera.id, None);
        }
        {
            let mut last = self.last();
            (last.state, last.complaint) = (state.clone(), None);
        }
        let camera = self.camera.id.clone();
        self.tell(vec![Fact::Camera(CameraFact::Changed { camera, state, message })]).await;
    }

    /// Says what is wrong with its photos while it is ready; `None`: nothing any more.
    async fn complain(&self, complaint: Option<String>) {
        let is_news = {
            let mut last = self.last();
            let is_news = last.state.is_ready() && last.complaint != complaint;
            if is_news {
                last.complaint.clone_from(&complaint);
            }
            is_news
        };
        if is_news {
            let camera = self.camera.id.clone();
            let changed = CameraFact::Changed { camera, state: CameraState::Ready, message: complaint };
            self.tell(vec![Fact::Camera(changed)]).await;
        }
    }

    /// Which frames are of an earlier shoot; one without a time is not.
    fn is_older(&self, event: Option<&Event>) -> impl Fn(&Frame) -> bool + use<> {
        let begins = older::begins_s(event, self.parts.clock.now(), self.last().clock_ahead_s);
        move |frame| is_of_earlier_shoot(frame.written_s, begins)
    }

    /// What is to be fetched of these: neither held, nor of an earlier shoot.
    async fn wanted(&self, frames: Vec<Frame>) -> Result<Vec<Frame>, JournalError> {
        let event = self.parts.journal.active_event().await?;
        let serial = self.last().body.as_ref().and_then(|body| body.serial.clone());
        let mut missing = self.parts.journal.missing_frames(&self.camera.id, serial.as_deref(), frames).await?;
        if !older::is_wanted(&self.parts.journal, &self.camera.id, event.as_ref()).await? {
            let is_older = self.is_older(event.as_ref());
            let before = missing.len();
            missing.retain(|frame| !is_older(frame));
            let left = before - missing.len();
            if left > 0 {
                tracing::info!(camera = %self.camera.id, frames = left, "frames of earlier shoots stay on the card");
            }
        }
        Ok(missing)
    }

    /// Records what its list names that no list named before, and what it names no more.
    async fn listed(&self, frames: Vec<Frame>) -> Result<(), JournalError> {
        let Some(event) = self.parts.journal.active_event().await? else { return Ok(()) };
        let before = self.parts.journal.listed_frames(&self.camera.id, &event.id).await?;
        let (known, now): (BTreeSet<_>, BTreeSet<_>) = (before.into_iter().collect(), frames.into_iter().collect());
        let new: Vec<Frame> = now.difference(&known).cloned().collect();
        let paths: BTreeSet<&String> = now.iter().map(|frame| &frame.path).collect();
        let gone = known.difference(&now).filter(|frame| !paths.contains(&frame.path));
        let gone: Vec<String> = gone.map(|frame| frame.path.clone()).collect();
        let camera = || self.camera.id.clone();
        let mut facts = Vec::new();
        let is_older = self.is_older(Some(&event));
        let (old, new): (Vec<Frame>, Vec<Frame>) = new.into_iter().partition(is_older);
        for (frames, older) in [(new, false), (old, true)] {
            facts.extend(frames.chunks(MAX_FRAMES_TOLD).map(|frames| {
                let (event, frames) = (event.id.clone(), frames.to_vec());
                Fact::Camera(CameraFact::Listed { camera: camera(), event, frames, older })
            }));
        }
        facts.extend(
            gone.chunks(MAX_FRAMES_TOLD)
                .map(|paths| Fact::Camera(CameraFact::Unlisted { camera: camera(), paths: paths.to_vec() })),
        );
        self.tell(facts).await;
        Ok(())
    }

    async fn hand_over(&self, offer: Offer, path: PathBuf) -> Taken {
        let intake = self.parts.intake.clone();
        let adopting = tokio::task::spawn_blocking(move || intake.adopt(offer, path)).await;
        let finished = match adopting {
            Ok(Ok(part)) => self.parts.intake.finish(part).await,
            Ok(Err(error)) => Err(error),
            Err(panic) => {
                tracing::error!(%panic, "a photo could not be taken over");
                return Taken::Later;
            }
        };
        match finished {
            Ok(Outcome::Filed { .. } | Outcome::Held { .. } | Outcome::Aside | Outcome::Empty) => {
                self.complain(None).await;
                Taken::Kept
            }
            Ok(Outcome::CutOff { lacks, .. }) => {
                tracing::warn!(camera = %self.camera.id, lacks, "a file is not whole on the card itself");
                Taken::Kept
            }
            Err(error) => {
                tracing::warn!(camera = %self.camera.id, %error, "a photo from a camera could not be kept");
                self.complain(Some(format!("photos of {} stay on its card: {error}", self.name()))).await;
                match error.class() {
                    Class::Retry { .. } | Class::NeedsOperator => Taken::Later,
                    // It stays on the card, which the next list says.
                    Class::GiveUp => Taken::Kept,
                }
            }
        }
    }
}

impl Desk for Cable {
    fn part(&self) -> PathBuf {
        self.parts.intake.fresh_part()
    }

    async fn missing(&self, frames: Vec<Frame>) -> Vec<Frame> {
        match self.wanted(frames.clone()).await {
            Ok(missing) => missing,
            // What comes twice is known by its content.
            Err(error) => {
                tracing::warn!(camera = %self.camera.id, %error, "what is held cannot be asked: all is fetched");
                frames
            }
        }
    }

    async fn take(&self, download: Download) -> Taken {
        self.parts.board.set_coming(&self.camera.id, None);
        let written = download.frame.written_s.and_then(|at| u64::try_from(at).ok());
        let offer = Offer {
            via: Via { way: Way::Cable, camera: self.camera.id.clone() },
            sender: self.name(),
            name: download.frame.name().to_owned(),
            size_bytes: Some(download.frame.size_bytes),
            written: written.map(|at| UNIX_EPOCH + Duration::from_secs(at)),
            hash: None,
        };
        self.hand_over(offer, download.path).await
    }

    async fn told(&self, news: News) {
        match news {
            // Whether one on USB is there, whoever looks after USB says, once it is sure.
            News::State(CameraState::Gone, _) if self.camera.port.starts_with("usb:") => {
                self.last().state = CameraState::Gone;
                self.parts.board.set_camera(&self.camera.id, None);
                self.parts.board.set_coming(&self.camera.id, None);
            }
            News::State(state, message) => self.stands(state, message).await,
            News::Body(body) => {
                self.last().body = Some(body);
                self.tell(Vec::new()).await;
            }
            News::Reading(reading) => {
                self.last().clock_ahead_s = reading.clock_ahead_s;
                self.parts.board.set_camera(&self.camera.id, Some((reading, self.parts.clock.now())));
            }
            News::Listed(frames) => {
                if let Err(error) = self.listed(frames).await {
                    tracing::warn!(camera = %self.camera.id, %error, "a card's list could not be compared");
                }
            }
            News::Shot(frame) => match self.parts.journal.active_event().await {
                Ok(Some(event)) => {
                    let (camera, event) = (self.camera.id.clone(), event.id);
                    self.tell(vec![Fact::Camera(CameraFact::Listed {
                        camera,
                        event,
                        frames: vec![frame],
                        older: false,
                    })])
                    .await;
                }
                // The next list in an event names it.
                Ok(None) => {}
                Err(error) => tracing::warn!(camera = %self.camera.id, %error, "a frame could not be noted"),
            },
            News::Moving(frame, bytes) => {
                self.parts.board.advance_coming(&self.camera.id, (frame.name(), bytes, frame.size_bytes));
            }
            News::Thumbnail(frame, jpeg) => {
                // What a camera calls a picture, and browsers do too.
                let picture = jpeg.starts_with(JPEG).then(|| Arc::from(jpeg));
                let name = frame.name().to_owned();
                let coming = Coming { name, done_bytes: 0, total_bytes: frame.size_bytes, picture };
                self.parts.board.set_coming(&self.camera.id, Some(coming));
            }
            News::Missed(frame, why) => {
                self.parts.board.set_coming(&self.camera.id, None);
                tracing::warn!(camera = %self.camera.id, path = frame.path, why, "a frame stays on the card");
                let name = frame.name();
                let what = format!("{name} did not come in three tries: it is on the card of {}", self.name());
                self.complain(Some(what)).await;
            }
        }
    }
}

/// Whether this machine can pull from cameras; else what to install.
pub(crate) fn missing() -> Option<String> {
    kilat_tether::missing(&program())
}
