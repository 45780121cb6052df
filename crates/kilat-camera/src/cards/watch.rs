//! When to look for cards: at once when something is mounted or goes, and every few seconds, for a card that is pulled
//! without a word leaves its mount.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use kilat_core::{CameraId, Stop};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::mpsc;

use super::find::{Card, Places, find};

/// Between two looks without an event.
pub const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Changes that wait for whoever follows: more than there are slots. When it is full, the next look is later.
const QUEUE: usize = 64;

/// What happened to cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardChange {
    /// It is mounted.
    In(Card),
    /// It is not mounted any more, or pulled.
    Out(Card),
}

/// Follows the mounts until `stop`, beginning with what is there; `not` answers the folders that are never cards. The
/// task must be run for anything to be told.
pub fn changes(
    places: Places,
    not: impl AsyncFn() -> Vec<PathBuf> + Send + Sync + 'static,
    stop: Stop,
) -> (mpsc::Receiver<CardChange>, impl Future<Output = ()>) {
    let (told, hear) = mpsc::channel(QUEUE);
    (hear, async move { follow(places, not, told, stop).await })
}

async fn follow(places: Places, not: impl AsyncFn() -> Vec<PathBuf>, told: mpsc::Sender<CardChange>, stop: Stop) {
    let events = watch(&places)
        .inspect_err(|error| tracing::info!(%error, "the system does not tell of mounts: they are looked at every 2 s"))
        .ok();
    let mut there: BTreeMap<CameraId, Card> = BTreeMap::new();
    let mut is_failure_told = false;
    loop {
        let (at, used) = (places.clone(), not().await);
        let seen = tokio::task::spawn_blocking(move || find(&at, &used)).await;
        match seen.map_err(io::Error::other).flatten() {
            Ok(cards) => {
                for change in changed(&mut there, cards) {
                    tokio::select! {
                        () = stop.asked() => return,
                        sent = told.send(change) => if sent.is_err() {
                            return;
                        },
                    }
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut is_failure_told, true) {
                    tracing::warn!(%error, "mounted cards cannot be looked for");
                }
            }
        }
        tokio::select! {
            () = stop.asked() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = event(events.as_ref()) => {}
        }
    }
}

/// The system marks its list of mounts as urgent to read when it changed.
fn watch(places: &Places) -> io::Result<AsyncFd<File>> {
    #[expect(
        deprecated,
        reason = "what takes its place needs unsafe code; a file keeps its descriptor until it is dropped"
    )]
    AsyncFd::with_interest(File::open(&places.mounts)?, Interest::PRIORITY)
}

/// Waits for a mount that comes or goes; for ever where nobody tells.
async fn event(events: Option<&AsyncFd<File>>) {
    match events {
        Some(events) => match events.ready(Interest::PRIORITY).await {
            Ok(mut ready) => ready.clear_ready(),
            Err(_) => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

/// What changed since the last look, what went first.
fn changed(there: &mut BTreeMap<CameraId, Card>, seen: Vec<Card>) -> Vec<CardChange> {
    let mut changes = Vec::new();
    there.retain(|_, known| {
        let is_there = seen.contains(known);
        if !is_there {
            changes.push(CardChange::Out(known.clone()));
        }
        is_there
    });
    for card in seen {
        if !there.contains_key(&card.id) {
            there.insert(card.id.clone(), card.clone());
            changes.push(CardChange::In(card));
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_come_and_go_once_and_one_in_another_slot_went_and_came() {
        let card = |name: &str, slot: u32| Card {
            id: name.parse().expect("an id"),
            name: name.to_owned(),
            root: format!("/media/{name}").into(),
            device: (8, slot),
        };
        let mut there = BTreeMap::new();
        let a = card("a", 17);
        assert_eq!(changed(&mut there, vec![a.clone()]), [CardChange::In(a.clone())]);
        assert!(changed(&mut there, vec![a.clone()]).is_empty());
        let moved = card("a", 33);
        assert_eq!(changed(&mut there, vec![moved.clone()]), [CardChange::Out(a), CardChange::In(moved.clone())]);
        assert_eq!(changed(&mut there, Vec::new()), [CardChange::Out(moved)]);
    }
}
