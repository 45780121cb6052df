//! The ledger: one open notice per key, each cause once, and how each stands in the log.

use std::time::Duration;

use kilat_core::{
    Clock, FLAP_WINDOW, Fact, Millis, Notice, NoticeChange, NoticeStanding, NoticeState, Priority, Recorded, Said,
};
use kilat_journal::{JournalError, MAX_NOTE_BYTES, Note, NoticeFilter, Refusal};

use super::scene::{Backend, Scene, notice};

fn down(id: &str, reason: &str) -> Notice {
    Notice::new(id, Said::DestinationDown, Priority::Critical, Millis(1))
        .about("destination:disk")
        .with("reason", reason)
}

fn loss(id: &str, name: &str) -> Notice {
    Notice::new(id, Said::CopiesFailed, Priority::High, Millis(1)).about("copies:disk").of_loss(name)
}

fn raised(notice: Notice) -> Vec<Fact> {
    vec![Fact::NoticeRaised { notice }]
}

fn change(change: NoticeChange) -> Vec<Fact> {
    vec![Fact::Notice { change, standing: None }]
}

fn seen(id: &str, by: &str) -> Vec<Fact> {
    change(NoticeChange::Acknowledged { id: id.to_owned(), by: by.to_owned() })
}

fn standing(recorded: &[Recorded]) -> NoticeStanding {
    let Fact::Notice { standing: Some(standing), .. } = &recorded[0].fact else {
        panic!("{recorded:?} says nothing of how it stands")
    };
    (**standing).clone()
}

async fn open(scene: &Scene) -> Vec<NoticeStanding> {
    let open = scene.journal.notices(NoticeFilter::Open, None, 100).await.unwrap();
    open.into_iter().map(|(_, standing)| standing).collect()
}

pub(crate) async fn losses_of_one_place_are_folded_into_one_notice(backend: &impl Backend) {
    let scene = Scene::empty(backend).await;
    scene.append(raised(loss("c1", "a.jpg"))).await;
    for n in 2..=12 {
        let recorded = scene.append(raised(loss(&format!("c{n}"), &format!("{n}.jpg")))).await;
        assert!(
            matches!(&recorded[0].fact, Fact::Notice { change: NoticeChange::Repeated { id, .. }, .. } if id == "c1")
        );
        assert_eq!(scene.append(raised(loss(&format!("c{n}"), "again.jpg"))).await, [], "each cause counts once");
    }
    let all = open(&scene).await;
    assert_eq!((all.len(), all[0].count), (1, 12));
    assert_eq!(all[0].samples, ["a.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg"]);
    assert_eq!(scene.journal.untold_notices().await.unwrap(), all);
    let update = || change(NoticeChange::Updated { id: "c1".to_owned(), is_louder: false });
    assert_eq!(standing(&scene.append(update()).await).count, 12);
    assert_eq!(scene.append(update()).await, [], "told");
    assert_eq!(scene.journal.untold_notices().await.unwrap(), []);
}

pub(crate) async fn what_comes_and_goes_is_one_notice_that_counts(backend: &impl Backend) {
    let scene = Scene::empty(backend).await;
    let well = || {
        let (key, said) = ("destination:disk".to_owned(), Said::DestinationDown);
        change(NoticeChange::Well { key, said })
    };
    scene.append(raised(down("d1", "gone"))).await;
    scene.append(seen("d1", "dewi")).await;
    // The first time it is over at once.
    let recorded = scene.append(well()).await;
    assert!(matches!(&recorded[0].fact, Fact::Notice { change: NoticeChange::Resolved { .. }, .. }), "{recorded:?}");
    scene.clock.advance(FLAP_WINDOW - Duration::from_secs(1));
    // Back so soon: the same one, told anew, and counted.
    let recorded = scene.append(raised(down("d2", "gone"))).await;
    assert!(
        matches!(&recorded[0].fact, Fact::Notice { change: NoticeChange::Returned { id, is_louder: true, .. }, .. } if id == "d1")
    );
    let back = standing(&recorded);
    assert_eq!((back.count, back.state(), back.acknowledged), (2, NoticeState::Open, None));
    assert_eq!(scene.append(raised(down("d2", "gone"))).await, [], "each cause counts once");
    assert_eq!(scene.append(raised(down("d3", "gone"))).await, [], "it is away all the time");
    // From now on it is not over because it is back, and the next ones only count.
    for (count, id) in [(3, "d4"), (4, "d5")] {
        let here = standing(&scene.append(well()).await);
        assert_eq!((here.state(), here.well_since), (NoticeState::Open, Some(scene.clock.now())));
        assert_eq!(scene.append(well()).await, [], "known");
        let recorded = scene.append(raised(down(id, "gone"))).await;
        assert!(matches!(
            &recorded[0].fact,
            Fact::Notice { change: NoticeChange::Returned { is_louder: false, .. }, .. }
        ));
        assert_eq!((standing(&recorded).count, standing(&recorded).well_since), (count, None));
    }
    assert_eq!(scene.journal.untold_notices().await.unwrap().len(), 1, "told with the others");
    scene.append(well()).await;
    scene.append(vec![Fact::notice_resolved("destination:disk")]).await;
    assert_eq!(open(&scene).await, []);
    // Much later it is another one.
    scene.clock.advance(FLAP_WINDOW);
    let recorded = scene.append(raised(down("d6", "gone"))).await;
    assert!(matches!(&recorded[0].fact, Fact::NoticeRaised { notice } if notice.id == "d6"), "{recorded:?}");
}

pub(crate) async fn what_lasts_is_one_notice_until_it_ends(backend: &impl Backend) {
    let scene = Scene::empty(backend).await;
    let low = Notice::new("s1", Said::SpaceLow, Priority::High, Millis(1)).about("destination:disk");
    scene.append(raised(low.clone())).await;
    assert_eq!(scene.append(raised(Notice { id: "s2".to_owned(), ..low.clone() })).await, [], "known");
    let louder = standing(&scene.append(raised(down("d1", "full"))).await);
    assert_eq!((louder.notice.id.as_str(), louder.notice.said), ("s1", Some(Said::DestinationDown)));
    assert_eq!(scene.append(raised(down("d2", "full"))).await, []);
    assert_eq!(scene.append(raised(Notice { id: "s3".to_owned(), ..low })).await, [], "says less");
    assert_eq!(standing(&scene.append(raised(down("d3", "gone"))).await).notice.data["reason"], "gone");

    let only = |said| NoticeChange::Resolved { key: "destination:disk".to_owned(), only: vec![said] };
    assert_eq!(scene.append(change(only(Said::SpaceLow))).await, [], "that is not what it says");
    scene.clock.advance(Duration::from_secs(9));
    let over = standing(&scene.append(change(only(Said::DestinationDown))).await);
    assert_eq!((over.state(), over.resolved_at), (NoticeState::Resolved, Some(scene.clock.now())));
    assert_eq!(scene.append(change(only(Said::DestinationDown))).await, []);
    assert_eq!(open(&scene).await, []);
    scene.clock.advance(FLAP_WINDOW);
    let again = scene.append(raised(down("d4", "full"))).await;
    assert!(
        matches!(&again[0].fact, Fact::NoticeRaised { notice } if notice.id == "d4"),
        "another time is another notice"
    );
}

pub(crate) async fn a_notice_is_seen_once_and_a_loss_that_was_seen_takes_no_more(backend: &impl Backend) {
    let scene = Scene::empty(backend).await;
    scene.append([raised(loss("c1", "a.jpg")), raised(down("d1", "full")), raised(notice("moment"))].concat()).await;
    for id in ["c1", "d1", "moment"] {
        let ack = standing(&scene.append(seen(id, "dewi")).await).acknowledged.unwrap();
        assert_eq!((ack.by.as_str(), ack.at), ("dewi", scene.clock.now()));
        assert_eq!(scene.append(seen(id, "another")).await, []);
    }
    let unknown = scene.journal.append(seen("nothing", "dewi")).await.unwrap_err();
    assert!(matches!(unknown, JournalError::Refused(Refusal::UnknownNotice(_))), "{unknown}");
    assert_eq!(open(&scene).await.len(), 1, "the disk is still full");
    let anew = scene.append(raised(loss("c2", "b.jpg"))).await;
    assert!(matches!(&anew[0].fact, Fact::NoticeRaised { notice } if notice.id == "c2"), "it must be heard");
}

pub(crate) async fn what_nobody_has_seen_is_told_again_once_a_round(backend: &impl Backend) {
    let scene = Scene::empty(backend).await;
    scene.append(raised(down("d1", "full"))).await;
    let round = |round| change(NoticeChange::Escalated { id: "d1".to_owned(), round });
    assert_eq!(standing(&scene.append(round(1)).await).escalations, 1);
    assert_eq!(scene.append(round(1)).await, []);
    scene.append(seen("d1", "dewi")).await;
    assert_eq!(scene.append(round(2)).await, [], "somebody has seen it");
}

pub(crate) async fn a_ledger_is_the_same_after_it_was_opened_again(backend: &impl Backend) {
    let scene = Scene::empty(backend).await;
    scene.append([raised(loss("c1", "a.jpg")), raised(loss("c2", "b.jpg")), seen("c1", "dewi")].concat()).await;
    let before = scene.journal.notices(NoticeFilter::All, None, 10).await.unwrap();
    let notes = vec![Note::new("ledger", "3"), Note::new("target:a", "1"), Note::new("target:b", "2")];
    scene.journal.append_noting(Vec::new(), notes).await.unwrap();
    scene.journal.append_noting(Vec::new(), vec![Note::forgotten("target:a")]).await.unwrap();
    scene.journal.close().await.unwrap();
    let journal = backend.open(scene.clock.clone()).await;
    assert_eq!(journal.notices(NoticeFilter::All, None, 10).await.unwrap(), before);
    assert_eq!(before[0].1.count, 2);
    assert_eq!(journal.notes("target:").await.unwrap(), [("b".to_owned(), "2".to_owned())]);
    let logged = super::scene::whole_log(&journal).await;
    assert!(matches!(&logged[1].fact, Fact::Notice { standing: Some(_), .. }), "the log says how it stood");
}

pub(crate) async fn a_note_and_the_facts_with_it_are_kept_or_refused_together(backend: &impl Backend) {
    let scene = Scene::empty(backend).await;
    let long = Note::new("a", "x".repeat(MAX_NOTE_BYTES + 1));
    scene.journal.append_noting(raised(notice("n")), vec![Note::new("b", "1"), long]).await.unwrap_err();
    assert_eq!(scene.journal.notes("").await.unwrap(), []);
    assert_eq!(scene.journal.head().0, 0);
    scene.journal.append_noting(seen("nothing", "dewi"), vec![Note::new("b", "1")]).await.unwrap_err();
    assert_eq!(scene.journal.notes("").await.unwrap(), []);
}
