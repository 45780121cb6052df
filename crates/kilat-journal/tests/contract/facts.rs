//! Facts: what happens twice is recorded once; what contradicts is refused and leaves no trace.

use kilat_core::{ArrivalFailure, ArrivalStatus, Clock, CopyState, Event, EventStatus, Fact, Settings, SourceHealth};
use kilat_journal::{Due, Filed, JournalError, MAX_NOTICES, NoticeFilter, Problem, Refusal};

use super::scene::{
    Backend, HOUR, Scene, cloud, destination, disk, event, event_id, failed, folder, nikon, notice, source, stored,
};

pub(crate) async fn a_fact_that_changes_nothing_is_not_recorded(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let at = scene.clock.now();
    let filing = scene.filing("a.jpg").await;
    let photo = scene.file(filing.clone()).await;
    let broken = scene.arrive("broken.jpg").await;
    let arrival = scene.arrival("seen.jpg");
    let settings = Settings { uploader_name: "Sari".into(), ..Settings::default() };
    let filed = Fact::PhotoFiled { photo: photo.clone(), arrival: filing.arrival, due: vec![disk()] };
    let created = Fact::EventCreated { event: event("party", EventStatus::Open, at) };
    let failed_arrival =
        Fact::ArrivalFailed { arrival: broken, failure: ArrivalFailure::Incomplete, message: "cut off".into() };
    let changing = [
        created,
        Fact::EventUsed { event: event_id("party") },
        Fact::EventClosed { event: event_id("party") },
        Fact::SourceOnline { source: folder() },
        Fact::SourceOffline { source: folder(), reason: "unplugged".into() },
        Fact::DestinationMarked { destination: disk(), mark: "01hx".parse().unwrap() },
        Fact::DestinationDown { destination: disk(), reason: "full".into() },
        Fact::DestinationUp { destination: disk() },
        Fact::ArrivalSeen { arrival },
        failed_arrival,
        stored(&photo, disk()),
        Fact::UploadsPaused,
        Fact::UploadsResumed,
        Fact::SettingsChanged { settings },
        Fact::NoticeRaised { notice: notice("once") },
    ];
    for fact in changing {
        assert_eq!(scene.append(vec![fact.clone()]).await.len(), 1, "first {fact:?}");
        assert_eq!(scene.append(vec![fact.clone()]).await, [], "second {fact:?}");
    }
    let known = scene.journal.destinations().await.unwrap();
    let mark = known.into_iter().find(|known| known.id == disk()).and_then(|known| known.mark);
    assert_eq!(mark, Some("01hx".parse().unwrap()), "a fault does not take the mark away");
    let known_from_the_start = [
        filed,
        Fact::SourceAdded { source: source(at) },
        Fact::DestinationAdded { destination: destination(disk(), at) },
        Fact::SettingsChanged { settings: Settings { uploader_name: "Sari".into(), ..Settings::default() } },
        Fact::RetryAsked { destination: None },
        failed(&photo, disk(), None),
    ];
    for fact in known_from_the_start {
        assert_eq!(scene.append(vec![fact.clone()]).await, [], "{fact:?}");
    }
}

pub(crate) async fn what_nobody_recorded_is_refused_by_name(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let photo = scene.file(scene.filing("a.jpg").await).await;
    let stranger = kilat_core::Photo { id: scene.ids.photo(), ..photo.clone() };
    let head = scene.journal.head();
    let cases = [
        (Fact::EventUsed { event: event_id("x") }, Refusal::UnknownEvent(event_id("x"))),
        (Fact::SourceOnline { source: "x".parse().unwrap() }, Refusal::UnknownSource("x".parse().unwrap())),
        (Fact::DestinationUp { destination: "x".parse().unwrap() }, Refusal::UnknownDestination("x".parse().unwrap())),
        (stored(&stranger, disk()), Refusal::UnknownPhoto(stranger.id.clone())),
        (stored(&photo, cloud()), Refusal::NotDue { photo: photo.id.clone(), destination: cloud() }),
    ];
    for (fact, why) in cases {
        match scene.journal.append(vec![fact]).await {
            Err(JournalError::Refused(refusal)) => assert_eq!(refusal, why),
            other => panic!("{why} was expected, not {other:?}"),
        }
    }
    assert_eq!(scene.journal.head(), head);
}

pub(crate) async fn a_refused_append_takes_its_good_facts_with_it(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let facts = vec![Fact::UploadsPaused, Fact::EventUsed { event: event_id("nobody") }];
    scene.journal.append(facts).await.unwrap_err();
    assert!(!scene.journal.is_paused().await.unwrap());
}

pub(crate) async fn an_id_that_means_something_else_is_refused(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let other = Event { name: "Another wedding".into(), ..event("wedding", EventStatus::Open, scene.clock.now()) };
    let refused = scene.journal.append(vec![Fact::EventCreated { event: other }]).await.unwrap_err();
    assert!(matches!(refused, JournalError::Refused(Refusal::Contradicts { what: "event", .. })), "{refused}");
}

pub(crate) async fn at_most_one_event_is_active(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    scene.clock.advance(HOUR);
    let party = event("party", EventStatus::Open, scene.clock.now());
    let used = Fact::EventUsed { event: event_id("party") };
    scene.append(vec![Fact::EventCreated { event: party }, used]).await;
    let statuses: Vec<_> = scene.journal.events().await.unwrap().into_iter().map(|e| (e.name, e.status)).collect();
    assert_eq!(statuses, [("party".to_owned(), EventStatus::Active), ("wedding".to_owned(), EventStatus::Open)]);
    scene.append(vec![Fact::EventClosed { event: event_id("party") }]).await;
    assert_eq!(scene.journal.active_event().await.unwrap(), None);
    scene.append(vec![Fact::EventUsed { event: event_id("party") }]).await;
    assert_eq!(scene.journal.active_event().await.unwrap().unwrap().id, event_id("party"));
}

pub(crate) async fn an_absence_began_when_it_began(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    scene.append(vec![Fact::SourceOnline { source: folder() }]).await;
    let gone = scene.clock.now();
    scene.append(vec![Fact::SourceOffline { source: folder(), reason: "unmounted".into() }]).await;
    scene.clock.advance(HOUR);
    scene.append(vec![Fact::SourceOffline { source: folder(), reason: "permission denied".into() }]).await;
    let health = scene.journal.sources().await.unwrap().remove(0).health;
    assert_eq!(health, SourceHealth::Offline { since: gone, reason: "permission denied".into() });
}

pub(crate) async fn an_arrival_at_a_path_is_the_newest_there(backend: &impl Backend) {
    use std::os::unix::ffi::OsStrExt;
    let path = std::path::Path::new(std::ffi::OsStr::from_bytes(b"DCIM/\xff\n<b>.jpg"));
    let scene = Scene::new(backend).await;
    assert_eq!(scene.journal.arrival_at(&folder(), path).await.unwrap(), None);
    let first = scene.filing(path).await;
    let id = first.arrival.clone();
    let (arrival, status) = scene.journal.arrival_at_blocking(&folder(), path).unwrap().unwrap();
    assert_eq!((&arrival.id, arrival.path.as_path(), arrival.stamp.ino), (&id, path, u64::MAX));
    assert_eq!(status, ArrivalStatus::Seen);
    assert_eq!(scene.journal.unfinished_arrivals().await.unwrap(), [arrival]);
    let photo = scene.file(first.clone()).await;
    let (_, status) = scene.journal.arrival_at(&folder(), path).await.unwrap().unwrap();
    assert_eq!(status, ArrivalStatus::Filed(photo.id.clone()));

    let second = scene.filing(path).await;
    let same = kilat_journal::Filing { hash: first.hash, ..second };
    assert_eq!(scene.journal.file(same).await.unwrap(), Filed::Again(photo.id.clone()));
    let (_, status) = scene.journal.arrival_at(&folder(), path).await.unwrap().unwrap();
    assert_eq!(status, ArrivalStatus::Again(photo.id));
    assert_eq!(scene.journal.unfinished_arrivals().await.unwrap(), []);
}

pub(crate) async fn a_failed_arrival_is_a_problem_until_the_file_comes_again(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let cut = scene.arrive("a.jpg").await;
    let fact =
        |arrival| Fact::ArrivalFailed { arrival, failure: ArrivalFailure::Incomplete, message: "cut off".into() };
    scene.append(vec![fact(cut.clone())]).await;
    let problems = scene.journal.problems(10).await.unwrap();
    assert!(matches!(&problems[..], [Problem::Arrival { arrival, .. }] if arrival.id == cut), "{problems:?}");
    let counts = scene.journal.counts(None).await.unwrap();
    assert_eq!((counts.unfiled, counts.incomplete), (1, 1));

    scene.file(scene.filing("a.jpg").await).await;
    assert_eq!(scene.journal.problems(10).await.unwrap(), []);
    let counts = scene.journal.counts(None).await.unwrap();
    assert_eq!((counts.unfiled, counts.incomplete, counts.held), (0, 0, 1));
}

pub(crate) async fn a_failed_arrival_is_forgotten_once_and_is_no_problem_any_more(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let cut = scene.arrive("a.jpg").await;
    let other = scene.arrive("b.jpg").await;
    let fail = |arrival, failure| Fact::ArrivalFailed { arrival, failure, message: "broken".into() };
    let forget = |arrival| Fact::ArrivalForgotten { arrival };
    let early = scene.journal.append(vec![forget(cut.clone())]).await;
    assert!(matches!(early, Err(JournalError::Refused(Refusal::Contradicts { .. }))), "{early:?}");
    let facts = vec![fail(cut.clone(), ArrivalFailure::Incomplete), fail(other.clone(), ArrivalFailure::Unreadable)];
    scene.append(facts).await;
    assert_eq!(scene.journal.failed_arrivals_blocking(&folder()).unwrap().len(), 2);

    assert_eq!(scene.append(vec![forget(cut.clone())]).await.len(), 1);
    assert_eq!(scene.append(vec![forget(cut.clone())]).await, [], "a second time changes nothing");
    assert_eq!(scene.append(vec![fail(cut, ArrivalFailure::Vanished)]).await, [], "nor does a late report");
    let (_, status) = scene.journal.arrival_at(&folder(), std::path::Path::new("a.jpg")).await.unwrap().unwrap();
    assert_eq!(status, ArrivalStatus::Forgotten);
    let left = scene.journal.failed_arrivals_blocking(&folder()).unwrap();
    assert!(matches!(&left[..], [(arrival, ArrivalFailure::Unreadable)] if arrival.id == other), "{left:?}");
    let counts = scene.journal.counts(None).await.unwrap();
    assert_eq!((counts.unfiled, counts.incomplete, scene.journal.problems(10).await.unwrap().len()), (1, 0, 1));

    // It comes back, and is whole or a problem anew.
    let again = scene.arrive("a.jpg").await;
    scene.append(vec![fail(again, ArrivalFailure::Incomplete)]).await;
    assert_eq!(scene.journal.counts(None).await.unwrap().unfiled, 2);
    scene.file(scene.filing("a.jpg").await).await;
    assert_eq!(scene.journal.counts(None).await.unwrap().unfiled, 1);
}

pub(crate) async fn a_late_report_about_a_file_that_came_again_is_no_problem(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let old = scene.arrive("a.jpg").await;
    scene.file(scene.filing("a.jpg").await).await;
    let failure = ArrivalFailure::Vanished;
    scene.append(vec![Fact::ArrivalFailed { arrival: old, failure, message: "gone".into() }]).await;
    assert_eq!(scene.journal.problems(10).await.unwrap(), []);
    assert_eq!(scene.journal.counts(None).await.unwrap().unfiled, 0);
}

pub(crate) async fn copies_tell_where_they_stand(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let filing = kilat_journal::Filing { due: Due::At(vec![disk(), cloud()]), ..scene.filing("a.jpg").await };
    let photo = scene.file(filing).await;
    let soon = scene.clock.now().plus(std::time::Duration::from_secs(5));
    scene.append(vec![failed(&photo, disk(), Some(soon)), failed(&photo, cloud(), None)]).await;
    let message = "unplugged; plug it in".to_owned();
    assert_eq!(
        scene.journal.copies_of(&photo.id).await.unwrap(),
        [
            (cloud(), CopyState::Failed { attempts: 1, message: message.clone() }),
            (disk(), CopyState::Pending { attempts: 1, not_before: Some(soon), message: Some(message) }),
        ]
    );
    assert!(matches!(&scene.journal.problems(10).await.unwrap()[..], [Problem::Copy { attempts: 1, .. }]));
    scene.append(vec![stored(&photo, disk()), stored(&photo, cloud())]).await;
    let states = scene.journal.copies_of(&photo.id).await.unwrap();
    assert!(states.iter().all(|(_, state)| matches!(state, CopyState::Stored { key, .. } if *key == photo.key)));
    assert_eq!(scene.journal.problems(10).await.unwrap(), []);
}

pub(crate) async fn a_late_failure_does_not_undo_a_stored_copy(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let photo = scene.file(scene.filing("a.jpg").await).await;
    scene.append(vec![stored(&photo, disk())]).await;
    assert_eq!(scene.append(vec![failed(&photo, disk(), None)]).await, []);
    assert_eq!(scene.journal.counts(None).await.unwrap().safe, 1);
}

pub(crate) async fn notices_come_newest_first_and_page_by_offset(backend: &impl Backend) {
    let scene = Scene::empty(backend).await;
    let raised = |n: u32| Fact::NoticeRaised { notice: notice(&format!("n{n}")) };
    scene.append((0..5).map(raised).collect()).await;
    let first = scene.journal.notices(NoticeFilter::All, None, 2).await.unwrap();
    let names = |page: &[(kilat_core::Offset, kilat_core::NoticeStanding)]| -> Vec<String> {
        page.iter().map(|(_, standing)| standing.notice.id.clone()).collect()
    };
    assert_eq!(names(&first), ["n4", "n3"]);
    let second = scene.journal.notices(NoticeFilter::All, Some(first[1].0), 9).await.unwrap();
    assert_eq!(names(&second), ["n2", "n1", "n0"]);
}

pub(crate) async fn only_the_newest_notices_are_kept(backend: &impl Backend) {
    let scene = Scene::empty(backend).await;
    let raised = |n: usize| Fact::NoticeRaised { notice: notice(&n.to_string()) };
    for first in (0..MAX_NOTICES + 1_000).step_by(1_000) {
        scene.append((first..first + 1_000).map(raised).collect()).await;
    }
    let (mut before, mut kept) = (None, Vec::new());
    loop {
        let page = scene.journal.notices(NoticeFilter::All, before, usize::MAX).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        before = Some(*last);
        kept.extend(page.into_iter().map(|(_, standing)| standing.notice.id));
    }
    let newest: Vec<String> = (1_000..MAX_NOTICES + 1_000).rev().map(|n| n.to_string()).collect();
    assert_eq!(kept, newest);
}

pub(crate) async fn photos_page_newest_first_without_a_gap(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let mut filed = Vec::new();
    // Ten in each second: the page must not break where times are equal.
    for n in 0..30 {
        let civil = format!("2026-11-21T12:00:0{}", n / 10);
        filed.push(scene.file(scene.shot(format!("{n}.jpg"), nikon(), &civil).await).await);
    }
    filed.reverse();
    let (mut before, mut listed) = (None, Vec::new());
    loop {
        let page = scene.journal.photos(&event_id("wedding"), before.as_ref(), 7).await.unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.id.clone());
        listed.extend(page);
    }
    assert_eq!(listed, filed);
    let unknown = scene.journal.photos(&event_id("wedding"), Some(&scene.ids.photo()), 7).await.unwrap_err();
    assert!(matches!(unknown, JournalError::Refused(Refusal::UnknownPhoto(_))), "{unknown}");
}
