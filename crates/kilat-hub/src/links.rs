//! Which link behind the server is broken: to the sources, from them to the cameras, to the destinations.
//!
//! Worked out from one snapshot of the journal and nothing else. Deliberately absent: the viewer's own link
//! to the server, which only the viewer knows, and pausing, which breaks nothing.

use kilat_core::{
    CameraKind, CameraState, Destination, DestinationHealth, DestinationKind, Millis, Source, SourceHealth, SourceKind,
};
use kilat_journal::{CameraStanding, Snapshot};
use kilat_wire::{Link, LinkState, Links};

/// The links as the snapshot shows them.
pub(crate) fn links(snapshot: &Snapshot) -> Links {
    Links {
        source: source(&snapshot.sources),
        camera: camera_link(&snapshot.sources, &[]),
        storage: storage(&snapshot.destinations),
    }
}

fn source(sources: &[Source]) -> Link {
    let (mut up, mut down, mut what) = (Vec::new(), Vec::new(), Vec::new());
    // Kilat's own folder is no link.
    for source in sources.iter().filter(|source| source.kind == SourceKind::HotFolder) {
        match &source.health {
            SourceHealth::Online { since } => up.push(*since),
            SourceHealth::Offline { since, reason } => {
                down.push(*since);
                what.push(format!("{}: {reason}", source.root.display()));
            }
        }
    }
    let first = |times: &[Millis]| times.iter().min().copied();
    match (first(&up), first(&down)) {
        (None, None) => unknown("no hot folder is named"),
        // All of them only since the last one.
        (Some(_), None) => link(LinkState::Up, up.iter().max(), &[]),
        (None, Some(_)) => link(LinkState::Down, down.iter().max(), &what),
        // Since there was one of each.
        (Some(up), Some(down)) => link(LinkState::Partly, Some(&up.max(down)), &what),
    }
}

/// Cameras that are pulled from are there or not; a sender is only heard while it sends, and a card is no camera.
pub(crate) fn camera_link(sources: &[Source], known: &[CameraStanding]) -> Link {
    let (mut up, mut down, mut what) = (Vec::new(), Vec::new(), Vec::new());
    for known in known {
        let away = match (&known.state, known.camera.kind) {
            (_, CameraKind::Card) | (CameraState::Unseen, _) => continue,
            (CameraState::Ready | CameraState::Asleep, _) => {
                up.push(known.since);
                continue;
            }
            // It only finished.
            (_, CameraKind::Sender) => continue,
            (CameraState::Held { by }, CameraKind::Tethered) => format!("{by} has it"),
            (CameraState::Wedged, CameraKind::Tethered) => "answers no more".to_owned(),
            (CameraState::Unsupported, CameraKind::Tethered) => "cannot be pulled from here".to_owned(),
            (CameraState::Gone, CameraKind::Tethered) => "is not there".to_owned(),
        };
        down.push(known.since);
        let away = known.message.clone().unwrap_or(away);
        what.push(format!("{}: {away}", known.camera.name));
    }
    let first = |times: &[Millis]| times.iter().min().copied();
    match (first(&up), first(&down)) {
        (None, None) => {
            let is_hot = sources.iter().any(|source| source.kind == SourceKind::HotFolder);
            let senders = known.iter().any(|known| known.camera.kind == CameraKind::Sender);
            unknown(match (is_hot, senders) {
                (_, true) => "a camera that sends by itself is only heard while it sends",
                (true, false) => "a hot folder cannot tell whether a camera is connected",
                (false, false) => "no camera was seen yet",
            })
        }
        (Some(_), None) => link(LinkState::Up, up.iter().max(), &[]),
        (None, Some(_)) => link(LinkState::Down, down.iter().max(), &what),
        (Some(up), Some(down)) => link(LinkState::Partly, Some(&up.max(down)), &what),
    }
}

/// One destination that takes no copies is enough: no photo is safe before it has all its copies.
fn storage(destinations: &[Destination]) -> Link {
    let (mut up, mut down, mut what) = (Vec::new(), Vec::new(), Vec::new());
    for destination in destinations.iter().filter(|place| place.kind == DestinationKind::Upload) {
        match &destination.health {
            DestinationHealth::Up { since } => up.push(*since),
            DestinationHealth::Down { since, reason } => {
                down.push(*since);
                what.push(format!("{}: {reason}", destination.root.display()));
            }
        }
    }
    match (up.iter().max(), down.iter().min()) {
        (None, None) => unknown("no destination is named"),
        (_, since @ Some(_)) => link(LinkState::Down, since, &what),
        (since @ Some(_), None) => link(LinkState::Up, since, &[]),
    }
}

fn link(state: LinkState, since: Option<&Millis>, what: &[String]) -> Link {
    let what = (!what.is_empty()).then(|| what.join("; "));
    Link { state, since: since.map(|since| since.to_rfc3339()), what }
}

fn unknown(what: &str) -> Link {
    Link { state: LinkState::Unknown, since: None, what: Some(what.to_owned()) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kilat_core::{Offset, Settings};

    use super::*;

    /// A snapshot of sources and destinations: since when each is up, or down when that is negative.
    fn links_of(sources: &[i64], destinations: &[i64]) -> Links {
        let sources = sources.iter().enumerate().map(|(place, at)| Source {
            id: format!("s{place}").parse().expect("an id"),
            kind: SourceKind::HotFolder,
            root: format!("/s{place}").into(),
            health: match *at {
                at @ 0.. => SourceHealth::Online { since: Millis(at) },
                at => SourceHealth::Offline { since: Millis(-at), reason: "unplugged".to_owned() },
            },
        });
        let destinations = destinations.iter().enumerate().map(|(place, at)| {
            Destination::new(
                format!("d{place}").parse().expect("an id"),
                format!("/d{place}").into(),
                match *at {
                    at @ 0.. => DestinationHealth::Up { since: Millis(at) },
                    at => DestinationHealth::Down { since: Millis(-at), reason: "full".to_owned() },
                },
            )
        });
        links(&Snapshot {
            offset: Offset(1),
            events: Vec::new(),
            sources: sources.collect(),
            destinations: destinations.collect(),
            settings: Settings::default(),
            // Whoever paused broke nothing.
            is_paused: true,
            counts: BTreeMap::new(),
            cameras: BTreeMap::new(),
            last_photo: None,
            known_cameras: Vec::new(),
            notices: Vec::new(),
            problems: Vec::new(),
            backups: Vec::new(),
            restore: None,
        })
    }

    fn is(state: LinkState, since: i64, what: Option<&str>) -> Link {
        Link { state, since: Some(Millis(since).to_rfc3339()), what: what.map(str::to_owned) }
    }

    #[test]
    fn sources_are_up_down_or_partly_since_that_is_so() {
        let source = |sources: &[i64]| links_of(sources, &[]).source;
        assert_eq!(source(&[]).state, LinkState::Unknown);
        assert_eq!(source(&[1_000, 7_000]), is(LinkState::Up, 7_000, None));
        assert_eq!(source(&[-1_000]), is(LinkState::Down, 1_000, Some("/s0: unplugged")));
        assert_eq!(source(&[-1_000, -7_000]), is(LinkState::Down, 7_000, Some("/s0: unplugged; /s1: unplugged")));
        // The second was the only one that was there; then a third went as well.
        assert_eq!(
            source(&[-1_000, 2_000, -7_000]),
            is(LinkState::Partly, 2_000, Some("/s0: unplugged; /s2: unplugged"))
        );
    }

    #[test]
    fn storage_is_as_its_worst_destination_and_pausing_is_no_fault() {
        let storage = |destinations: &[i64]| links_of(&[], destinations).storage;
        assert_eq!(storage(&[]).state, LinkState::Unknown);
        assert_eq!(storage(&[1_000, 7_000]), is(LinkState::Up, 7_000, None));
        assert_eq!(storage(&[9_000, -1_000]), is(LinkState::Down, 1_000, Some("/d1: full")));
        assert_eq!(storage(&[-9_000, -1_000]), is(LinkState::Down, 1_000, Some("/d0: full; /d1: full")));
    }

    #[test]
    fn a_hot_folder_says_nothing_about_the_camera_whether_it_is_there_or_not() {
        for sources in [&[][..], &[1_000], &[-1_000]] {
            let camera = links_of(sources, &[]).camera;
            assert_eq!((camera.state, camera.since), (LinkState::Unknown, None));
            assert!(camera.what.is_some());
        }
    }

    #[test]
    fn a_camera_that_is_pulled_from_is_a_link_and_a_sender_that_finished_is_none() {
        let known = |id: &str, kind, state| CameraStanding {
            camera: kilat_core::KnownCamera {
                id: id.parse().expect("an id"),
                name: id.to_uppercase(),
                kind,
                body: None,
                place: None,
                login: None,
            },
            state,
            message: None,
            since: Millis(1_000),
        };
        let link = |known: &[CameraStanding]| camera_link(&[], known);
        let ready = known("z9", CameraKind::Tethered, CameraState::Ready);
        let gone = known("r5", CameraKind::Tethered, CameraState::Gone);
        let sender = known("budi", CameraKind::Sender, CameraState::Gone);
        let card = known("card", CameraKind::Card, CameraState::Gone);
        assert_eq!(link(&[]).state, LinkState::Unknown);
        assert_eq!(link(&[sender.clone(), card.clone()]).state, LinkState::Unknown);
        assert_eq!(link(&[ready.clone(), sender, card]), is(LinkState::Up, 1_000, None));
        assert_eq!(link(&[ready, gone.clone()]), is(LinkState::Partly, 1_000, Some("R5: is not there")));
        assert_eq!(link(&[gone]), is(LinkState::Down, 1_000, Some("R5: is not there")));
    }
}
