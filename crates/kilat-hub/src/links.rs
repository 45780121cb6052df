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
        camera: camera(&snapshot.sources, &snapshot.known_cameras),
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
    if up.is_empty() && down.is_empty() { unknown("no hot folder is named") } else { of(&up, &down, &what) }
}

/// Of several that are up or down since these times; at least one.
fn of(up: &[Millis], down: &[Millis], what: &[String]) -> Link {
    match (up.iter().min(), down.iter().min()) {
        // All of them only since the last one.
        (_, None) => link(LinkState::Up, up.iter().max(), &[]),
        (None, Some(_)) => link(LinkState::Down, down.iter().max(), what),
        // Since there was one of each.
        (Some(up), Some(down)) => link(LinkState::Partly, Some(up.max(down)), what),
    }
}

/// Cameras on a cable or in the network; one that was never heard of, a card and who signs in to send are no link.
fn camera(sources: &[Source], known: &[CameraStanding]) -> Link {
    let (mut up, mut down, mut what) = (Vec::new(), Vec::new(), Vec::new());
    for known in known.iter().filter(|known| known.camera.kind == CameraKind::Tethered) {
        match &known.state {
            CameraState::Ready | CameraState::Asleep => up.push(known.since),
            CameraState::Gone | CameraState::Wedged | CameraState::Held { .. } | CameraState::Unsupported => {
                down.push(known.since);
                let message = known.message.as_deref().unwrap_or("no photo comes from it");
                what.push(format!("{}: {message}", known.camera.name));
            }
            CameraState::Unseen => {}
        }
    }
    if !up.is_empty() || !down.is_empty() {
        return of(&up, &down, &what);
    }
    let mut kinds = sources.iter().filter_map(|source| match source.kind {
        SourceKind::HotFolder => Some("a hot folder cannot tell whether a camera is connected"),
        SourceKind::Intake => None,
    });
    unknown(kinds.next().unwrap_or("no hot folder is named"))
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
            notices: Vec::new(),
            problems: Vec::new(),
            backups: Vec::new(),
            restore: None,
            known_cameras: Vec::new(),
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
}
