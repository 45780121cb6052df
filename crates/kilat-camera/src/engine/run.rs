//! The one loop: what USB and the mounts tell becomes facts, what operators ask for becomes work.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use kilat_core::{CameraFact, CameraId, CameraKind, CameraState, Fact, KnownCamera, Stop};
use kilat_journal::{CameraStanding, Journal, JournalError, Note};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::cards::{Begin, CardImport, Cards, NOTES, Next, Wanted};
use super::plugged::{PluggedIn, UsbCamera};
use crate::cards::{Card, CardChange, find};
use crate::import::{Imported, Importer, Plan, PlanError};
use crate::usb::{Bus, look};
use crate::{cards, usb};

/// Cards that are away and still known; a studio's, and those of its guests. Older ones are forgotten, their photos
/// stay.
const MAX_CARDS_AWAY: usize = 64;
/// When nobody is to look who has a camera.
const LONG: Duration = Duration::from_secs(3_600);

/// What the engine is told.
#[derive(Debug, Clone)]
pub struct CameraConfig {
    /// What happens with cards.
    pub import: CardImport,
    /// Never a card, beside destinations and sources: the data folder.
    pub data: PathBuf,
    /// `/proc`.
    pub proc: PathBuf,
}

/// Work that ended.
enum Done {
    Looked(CameraId, Result<Plan, PlanError>),
    Read(Card, Imported),
}

/// Runs until asked to stop. `plugged` always has the cameras on USB that nobody else has.
///
/// # Errors
/// When the journal cannot be used any more.
pub async fn run(
    config: CameraConfig,
    importer: Importer,
    plugged: watch::Sender<Vec<UsbCamera>>,
    stop: Stop,
) -> Result<(), JournalError> {
    let journal = importer.journal.clone();
    let mut tail = journal.tail(journal.head());
    let begun = journal.notes(NOTES).await?;
    let begun: BTreeMap<CameraId, Wanted> =
        begun.iter().filter_map(|(card, word)| Some((card.parse().ok()?, Wanted::of_word(word)))).collect();
    let mut engine = Engine {
        cards: Cards::new(config.import, begun),
        usb: PluggedIn::default(),
        importer,
        work: JoinSet::new(),
        stop: stop.clone(),
    };
    engine.forget_who_went_while_nobody_looked(&config).await?;
    let (mut usb_told, follow_usb) = usb::changes(stop.clone());
    let (places, used) = (engine.importer.places.clone(), journal.clone());
    let not = async move || never_cards(&used, &config.data).await;
    let (mut cards_told, follow_cards) = cards::changes(places, not, stop.clone());
    let (mut follow_usb, mut follow_cards) = (pin!(follow_usb), pin!(follow_cards));
    loop {
        let now = engine.importer.clock.monotonic();
        let look = engine.usb.next_look().map_or(LONG, |at| at.saturating_sub(now));
        tokio::select! {
            () = stop.asked() => break,
            // They end with `stop` only.
            () = &mut follow_usb => break,
            () = &mut follow_cards => break,
            Some(change) = usb_told.recv() => {
                let mut facts = engine.usb.take(change, engine.importer.clock.monotonic());
                engine.keep_what_is_known(&mut facts).await?;
                engine.tell(facts, Vec::new()).await?;
                plugged.send_if_modified(|told| replace(told, engine.usb.free()));
            }
            () = tokio::time::sleep(look) => {
                engine.look_who_has_them(&config.proc).await?;
                plugged.send_if_modified(|told| replace(told, engine.usb.free()));
            }
            Some(change) = cards_told.recv() => {
                let next = match change {
                    CardChange::In(card) => engine.cards.put_in(card),
                    CardChange::Out(card) => engine.cards.take_out(&card),
                };
                engine.go(next).await?;
            }
            Some(done) = engine.work.join_next() => engine.done(done).await?,
            batch = tail.next() => {
                for recorded in batch?.iter() {
                    if let Fact::Camera(CameraFact::ImportAsked { camera, older }) = &recorded.fact {
                        let next = engine.cards.asked(camera, if *older { Wanted::All } else { Wanted::Event });
                        engine.go(next).await?;
                    }
                }
            }
        }
    }
    // What is being read ends at its next block, and is told of.
    while let Some(done) = engine.work.join_next().await {
        engine.done(done).await?;
    }
    Ok(())
}

/// Whether it changed.
fn replace(told: &mut Vec<UsbCamera>, now: Vec<UsbCamera>) -> bool {
    let is_new = *told != now;
    *told = now;
    is_new
}

/// What Kilat writes to and watches is never a card.
async fn never_cards(journal: &Journal, data: &Path) -> Vec<PathBuf> {
    let destinations = journal.destinations().await.inspect_err(|error| tracing::warn!(%error, "destinations"));
    let sources = journal.sources().await.inspect_err(|error| tracing::warn!(%error, "sources"));
    let (Ok(destinations), Ok(sources)) = (destinations, sources) else {
        // Nothing is a card while nobody can say what is none.
        return vec![PathBuf::from("/")];
    };
    let folders = destinations.iter().filter_map(|place| place.disk_folder().map(PathBuf::from));
    folders.chain(sources.into_iter().map(|source| source.root)).chain([data.to_owned()]).collect()
}

struct Engine {
    cards: Cards,
    usb: PluggedIn,
    importer: Importer,
    work: JoinSet<Done>,
    stop: Stop,
}

impl Engine {
    async fn tell(&self, facts: Vec<Fact>, notes: Vec<Note>) -> Result<(), JournalError> {
        if facts.is_empty() && notes.is_empty() {
            return Ok(());
        }
        let journal = &self.importer.journal;
        let told = if self.stop.is_asked() {
            journal.append_noting(facts, notes).await
        } else {
            tokio::select! {
                told = journal.append_noting_patiently(facts, notes) => told,
                () = self.stop.asked() => return Ok(()),
            }
        };
        match told {
            Ok(_) => Ok(()),
            Err(JournalError::Refused(why)) => {
                tracing::warn!(%why, "a camera or card could not be recorded");
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// A session tells more of a body than USB does: only where it is plugged in is news.
    async fn keep_what_is_known(&self, facts: &mut [Fact]) -> Result<(), JournalError> {
        for fact in facts {
            if let Fact::Camera(CameraFact::Added { camera }) = fact
                && let Some(known) = self.importer.journal.known_camera(&camera.id).await?
            {
                *camera = KnownCamera { place: camera.place.take(), ..known.camera };
            }
        }
        Ok(())
    }

    async fn go(&mut self, mut next: Next) -> Result<(), JournalError> {
        let facts = next.facts();
        self.tell(facts, std::mem::take(&mut next.notes)).await?;
        let importer = self.importer.clone();
        match next.begin {
            None => {}
            Some(Begin::Look(card)) => {
                self.work.spawn(async move { Done::Looked(card.id.clone(), importer.plan(&card).await) });
            }
            Some(Begin::Read(card, plan, stop)) => {
                self.work.spawn(async move {
                    let imported = importer.run(&card, plan, &stop).await;
                    Done::Read(card, imported)
                });
            }
        }
        Ok(())
    }

    async fn done(&mut self, done: Result<Done, tokio::task::JoinError>) -> Result<(), JournalError> {
        let next = match done {
            Ok(Done::Looked(id, came)) => self.cards.looked(&id, came, &self.stop),
            Ok(Done::Read(card, imported)) => {
                tracing::info!(card = card.name, end = ?imported.end, "{}", imported.tally.words());
                self.cards.ended(&card, imported, &self.stop)
            }
            Err(died) => {
                tracing::error!(%died, "reading a card died; take it out and put it in again");
                return Ok(());
            }
        };
        self.go(next).await
    }

    async fn look_who_has_them(&mut self, proc: &Path) -> Result<(), JournalError> {
        let now = self.importer.clock.monotonic();
        let (proc, sys) = (proc.to_owned(), self.importer.places.sys.clone());
        let mut usb = std::mem::take(&mut self.usb);
        let looked = tokio::task::spawn_blocking(move || {
            let facts = usb.look((&proc, &sys), now);
            (usb, facts)
        });
        let mut facts = match looked.await {
            Ok((usb, facts)) => {
                self.usb = usb;
                facts
            }
            Err(died) => {
                tracing::error!(%died, "who has a camera cannot be looked for");
                Vec::new()
            }
        };
        self.keep_what_is_known(&mut facts).await?;
        self.tell(facts, Vec::new()).await
    }

    /// What was there when Kilat was stopped and is not now; no alarm is due for it.
    async fn forget_who_went_while_nobody_looked(&self, config: &CameraConfig) -> Result<(), JournalError> {
        let journal = &self.importer.journal;
        let (places, not) = (self.importer.places.clone(), never_cards(journal, &config.data).await);
        let there = tokio::task::spawn_blocking(move || {
            let cards = find(&places, &not).unwrap_or_default().into_iter().map(|card| card.id);
            let usb = match look() {
                Bus::Devices(devices) => devices.into_iter().map(|device| device.id).collect(),
                Bus::None(_) => Vec::new(),
            };
            cards.chain(usb).collect::<BTreeSet<CameraId>>()
        });
        let there = there.await.unwrap_or_default();
        let known = journal.known_cameras().await?;
        let away: Vec<&CameraStanding> = known.iter().filter(|known| is_ours(&known.camera)).collect();
        let away: Vec<&CameraStanding> = away.into_iter().filter(|known| !there.contains(&known.camera.id)).collect();
        let mut facts: Vec<CameraFact> = away
            .iter()
            .filter(|known| !matches!(known.state, CameraState::Gone | CameraState::Unseen))
            .map(|known| CameraFact::Changed {
                camera: known.camera.id.clone(),
                state: CameraState::Unseen,
                message: Some("it was not there when Kilat started".to_owned()),
            })
            .collect();
        let mut cards: Vec<&&CameraStanding> =
            away.iter().filter(|known| known.camera.kind == CameraKind::Card).collect();
        cards.sort_by_key(|card| card.since);
        let old = cards.iter().take(cards.len().saturating_sub(MAX_CARDS_AWAY));
        facts.extend(old.map(|card| CameraFact::Removed { camera: card.camera.id.clone() }));
        self.tell(facts.into_iter().map(Fact::Camera).collect(), Vec::new()).await
    }
}

/// Whether this engine says how it stands: cards, and cameras on USB.
fn is_ours(camera: &KnownCamera) -> bool {
    let is_usb = camera.place.as_deref().is_some_and(|place| place.starts_with("USB "));
    match camera.kind {
        CameraKind::Card => true,
        CameraKind::Tethered => is_usb,
        CameraKind::Sender => false,
    }
}
