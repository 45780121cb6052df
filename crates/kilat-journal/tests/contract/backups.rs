//! Backups: one run of a kind for an event and a place, copies that are recorded once, counts that follow from them.

use kilat_core::{
    AskedBy, BackupCopy, BackupFact, BackupId, BackupRun, BackupTotals, Clock, CopyFault, CopyState, EventStatus, Fact,
    Millis, Offset, Photo, ReadBack, RunKind, RunOutcome, RunStep,
};
use kilat_journal::{BackupTally, JournalError, MAX_PROVEN, Refusal};

use super::scene::{Backend, HOUR, Scene, cloud, disk, event, event_id, stored};

fn run_of(id: &str, kind: RunKind) -> BackupRun {
    let asked_by = AskedBy::Operator;
    BackupRun { id: id.parse().unwrap(), event: event_id("wedding"), destination: cloud(), kind, asked_by }
}

fn id(text: &str) -> BackupId {
    text.parse().unwrap()
}

fn copied(run: Option<&str>, photo: &Photo) -> BackupFact {
    BackupFact::Copied {
        run: run.map(id),
        photo: photo.id.clone(),
        destination: cloud(),
        key: photo.key.clone(),
        read_back: ReadBack::Device,
        was_there: false,
    }
}

fn found(run: Option<&str>, photo: &Photo, fault: CopyFault) -> BackupFact {
    let (photo, destination, message) = (photo.id.clone(), cloud(), "its bytes have changed".to_owned());
    BackupFact::Found { run: run.map(id), photo, destination, fault, message }
}

fn proven(run: Option<&str>, photos: &[&Photo]) -> BackupFact {
    let photos = photos.iter().map(|photo| photo.id.clone()).collect();
    BackupFact::Proven { run: run.map(id), destination: cloud(), read_back: ReadBack::Cache, photos }
}

impl Scene {
    /// Records a fact about backups; whether it changed anything.
    async fn backs_up(&self, fact: BackupFact) -> bool {
        !self.append(vec![Fact::Backup(fact)]).await.is_empty()
    }

    async fn asked(&self, run: &str, kind: RunKind) {
        assert!(self.backs_up(BackupFact::Asked { run: run_of(run, kind) }).await);
    }

    async fn three_photos(&self) -> [Photo; 3] {
        let [a, b, c] = ["a.jpg", "b.jpg", "c.jpg"];
        [
            self.file(self.filing(a).await).await,
            self.file(self.filing(b).await).await,
            self.file(self.filing(c).await).await,
        ]
    }

    async fn run(&self, run: &str) -> kilat_journal::BackupState {
        self.journal.backup(&id(run)).await.unwrap().unwrap()
    }
}

pub(crate) async fn a_backup_fact_that_changes_nothing_is_not_recorded(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let [a, b, c] = scene.three_photos().await;
    scene.append(vec![stored(&a, disk())]).await;
    let r = || id("r");
    let totals = BackupTotals { photos: 3, bytes: 3_000, there: 0, there_bytes: 0, free_bytes: Some(7) };
    let failed = BackupFact::CopyFailed { run: r(), photo: b.id.clone(), message: "gone".into() };
    let outcome = RunOutcome::Failed { error: "one is missing".into(), remedy: "retry".into() };
    let twice = [
        BackupFact::Asked { run: run_of("r", RunKind::Copy) },
        BackupFact::Moved { run: r(), step: RunStep::Listing },
        BackupFact::Listed { run: r(), totals },
        BackupFact::Waits { run: r(), reason: "unplugged".into() },
        BackupFact::WentOn { run: r() },
        BackupFact::Paused { run: r() },
        BackupFact::Resumed { run: r() },
        copied(Some("r"), &a),
        failed,
        BackupFact::Sealed { run: r(), as_of: Offset(9) },
        BackupFact::CancelAsked { run: r() },
        BackupFact::Ended { run: r(), outcome: outcome.clone() },
        BackupFact::RetryAsked { run: r() },
        BackupFact::Ended { run: r(), outcome },
        found(None, &a, CopyFault::Missing),
        copied(None, &a),
        copied(None, &c),
        BackupFact::VolumeSeen { destination: cloud(), volume: "3f".into() },
        BackupFact::ScrubBegan { destination: cloud() },
        BackupFact::ScrubEnded { destination: cloud() },
        lists_read(&["wedding"], &["the chain is missing"]),
        lists_read(&[], &[]),
        BackupFact::Forgotten { ended_before: Millis(i64::MAX) },
    ];
    for fact in twice {
        assert!(scene.backs_up(fact.clone()).await, "first {fact:?}");
        assert!(!scene.backs_up(fact.clone()).await, "second {fact:?}");
    }
    for fact in [proven(None, &[&a, &c]), BackupFact::ScrubAsked { destination: cloud() }] {
        assert!(scene.backs_up(fact.clone()).await && scene.backs_up(fact).await, "each time is news");
    }
}

pub(crate) async fn what_no_backup_can_be_about_is_refused_by_name(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let [a, ..] = scene.three_photos().await;
    let nobody = kilat_core::Photo { id: scene.ids.photo(), ..a.clone() };
    let elsewhere = BackupRun { event: event_id("x"), ..run_of("r", RunKind::Copy) };
    let nowhere = BackupRun { destination: "x".parse().unwrap(), ..run_of("r", RunKind::Copy) };
    let cases = [
        (BackupFact::Asked { run: elsewhere }, Refusal::UnknownEvent(event_id("x"))),
        (BackupFact::Asked { run: nowhere }, Refusal::UnknownDestination("x".parse().unwrap())),
        (BackupFact::Paused { run: id("x") }, Refusal::UnknownBackup(id("x"))),
        (copied(Some("x"), &a), Refusal::UnknownBackup(id("x"))),
        (copied(None, &nobody), Refusal::UnknownPhoto(nobody.id.clone())),
        (proven(None, &vec![&a; MAX_PROVEN + 1]), Refusal::TooMany { what: "photos in one fact", most: MAX_PROVEN }),
    ];
    for (fact, why) in cases {
        match scene.journal.append(vec![Fact::Backup(fact)]).await {
            Err(JournalError::Refused(refusal)) => assert_eq!(refusal, why),
            other => panic!("{why} was expected, not {other:?}"),
        }
    }
    // A place that is out of use takes no new run.
    scene.append(vec![Fact::DestinationRemoved { destination: cloud() }]).await;
    let asked = Fact::Backup(BackupFact::Asked { run: run_of("r", RunKind::Copy) });
    assert!(scene.journal.append(vec![asked]).await.is_err());
}

pub(crate) async fn one_run_of_a_kind_goes_for_an_event_and_a_place(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    scene.asked("first", RunKind::Copy).await;
    assert!(!scene.backs_up(BackupFact::Asked { run: run_of("second", RunKind::Copy) }).await);
    scene.asked("check", RunKind::Verify).await;
    let going: Vec<_> = scene.journal.backups_going().await.unwrap().into_iter().map(|s| s.run.id).collect();
    assert_eq!(going, [id("first"), id("check")], "in the order in which they were asked for");
    scene.backs_up(BackupFact::Ended { run: id("first"), outcome: RunOutcome::Completed }).await;
    scene.asked("third", RunKind::Copy).await;
    // What completed has nothing to retry; what failed has, unless another goes.
    assert!(!scene.backs_up(BackupFact::RetryAsked { run: id("first") }).await);
    let newest: Vec<_> = scene.journal.backups(None, 10).await.unwrap().into_iter().map(|s| s.run.id).collect();
    assert_eq!(newest, [id("third"), id("check"), id("first")], "those that go first");
}

pub(crate) async fn a_run_counts_its_copies_and_failures_once(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let [a, b, c] = scene.three_photos().await;
    scene.asked("r", RunKind::Copy).await;
    scene.backs_up(copied(Some("r"), &a)).await;
    let failed =
        |photo: &Photo| BackupFact::CopyFailed { run: id("r"), photo: photo.id.clone(), message: "gone".into() };
    scene.backs_up(failed(&b)).await;
    // A late loser does not undo a copy that stands.
    assert!(!scene.backs_up(failed(&a)).await);
    let state = scene.run("r").await;
    assert_eq!((state.stored, state.stored_bytes, state.failed), (1, 1_000, 1));
    let failures = scene.journal.backup_failures(&id("r"), 9).await.unwrap();
    assert_eq!(failures.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["b.jpg"]);
    let pair = (&event_id("wedding"), &cloud());
    let work = scene.journal.backup_work(pair, (0, i64::MAX), 9).await.unwrap();
    assert_eq!(work.iter().map(|w| &w.photo.id).collect::<Vec<_>>(), [&b.id, &c.id], "what failed is still to do");
    let page = scene.journal.backup_work(pair, (work[0].no, work[1].no), 9).await.unwrap();
    assert_eq!(page, work[1..]);
    // It worked after all.
    scene.backs_up(copied(Some("r"), &b)).await;
    let state = scene.run("r").await;
    assert_eq!((state.stored, state.failed), (2, 0));
    assert_eq!(scene.journal.backup_failures(&id("r"), 9).await.unwrap(), []);
    scene.backs_up(BackupFact::Ended { run: id("r"), outcome: RunOutcome::Cancelled }).await;
    // A copy that a run had under way when it ended is a copy all the same.
    scene.backs_up(copied(Some("r"), &c)).await;
    assert_eq!(scene.run("r").await.stored, 2);
    assert_eq!(scene.journal.backup_work(pair, (0, i64::MAX), 9).await.unwrap(), []);
    let tally = BackupTally { total: 1, failed: 1, photos_stored: 2, ..BackupTally::default() };
    assert_eq!(scene.journal.backup_tally().await.unwrap(), tally);
}

pub(crate) async fn a_retry_takes_up_what_failed_and_keeps_what_was_stored(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let [a, b, _] = scene.three_photos().await;
    scene.asked("r", RunKind::Copy).await;
    scene.backs_up(copied(Some("r"), &a)).await;
    let failed = BackupFact::CopyFailed { run: id("r"), photo: b.id.clone(), message: "gone".into() };
    scene.backs_up(failed).await;
    let outcome = RunOutcome::Failed { error: "one is missing".into(), remedy: "retry".into() };
    scene.backs_up(BackupFact::Ended { run: id("r"), outcome: outcome.clone() }).await;
    assert_eq!(scene.run("r").await.ended.map(|(_, outcome)| outcome), Some(outcome));
    assert!(scene.backs_up(BackupFact::RetryAsked { run: id("r") }).await);
    let state = scene.run("r").await;
    assert_eq!((state.step, state.stored, state.failed, state.ended), (RunStep::Queued, 1, 0, None));
    assert_eq!(scene.journal.backup_failures(&id("r"), 9).await.unwrap(), []);
}

pub(crate) async fn a_bad_copy_is_due_again_at_backup_and_upload_places(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let [a, b, _] = scene.three_photos().await;
    scene.backs_up(copied(None, &a)).await;
    scene.backs_up(copied(None, &b)).await;
    scene.asked("check", RunKind::Verify).await;
    scene.backs_up(proven(Some("check"), &[&b])).await;
    scene.backs_up(found(Some("check"), &a, CopyFault::Damaged)).await;
    let state = scene.run("check").await;
    assert_eq!((state.proven, state.failed), (1, 1));
    let copies = scene.journal.backup_copies_of(&a.id).await.unwrap();
    assert_eq!(copies, [(cloud(), BackupCopy::Bad { message: "its bytes have changed".into() })]);
    let mend: Vec<_> = scene.journal.to_mend(&cloud(), 9).await.unwrap().into_iter().map(|w| w.photo.id).collect();
    assert_eq!(mend, std::slice::from_ref(&a.id));
    scene.backs_up(copied(None, &a)).await;
    assert_eq!(scene.journal.to_mend(&cloud(), 9).await.unwrap(), []);
    // The same of an upload: its loop is given the copy again, and counts follow.
    scene.append(vec![stored(&a, disk())]).await;
    assert_eq!(scene.journal.counts(None).await.unwrap().safe, 1);
    let (photo, destination) = (a.id.clone(), disk());
    let gone = BackupFact::Found { run: None, photo, destination, fault: CopyFault::Missing, message: "gone".into() };
    scene.backs_up(gone).await;
    let counts = scene.journal.counts(None).await.unwrap();
    assert_eq!((counts.stored, counts.safe, counts.destinations[&disk()].pending), (0, 0, 3));
    assert!(scene.lease(9).await.iter().any(|lease| lease.photo.id == a.id));
    scene.append(vec![stored(&a, disk())]).await;
    assert!(matches!(scene.journal.copies_of(&a.id).await.unwrap()[0].1, CopyState::Stored { .. }));
}

pub(crate) async fn the_copy_that_was_proven_longest_ago_is_read_back_first(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let [a, b, c] = scene.three_photos().await;
    for photo in [&c, &a, &b] {
        scene.backs_up(copied(None, photo)).await;
    }
    let never = Millis(i64::MIN);
    let due = async |old| {
        let due = scene.journal.scrub_due(&cloud(), (old, scene.journal.head()), 9).await.unwrap();
        due.into_iter().map(|check| check.photo.id).collect::<Vec<_>>()
    };
    assert_eq!(due(never).await, []);
    // Asked for: all, in the order of their proofs, whatever the clock says.
    scene.backs_up(BackupFact::ScrubAsked { destination: cloud() }).await;
    assert_eq!(due(never).await, [c.id.clone(), a.id.clone(), b.id.clone()]);
    scene.backs_up(BackupFact::ScrubBegan { destination: cloud() }).await;
    scene.backs_up(proven(None, &[&c])).await;
    assert_eq!(due(never).await, [a.id.clone(), b.id.clone()], "it goes on where it was");
    scene.backs_up(BackupFact::ScrubEnded { destination: cloud() }).await;
    assert!(scene.journal.scrubs().await.unwrap()[0].is_due, "not all were read");
    scene.backs_up(proven(None, &[&a, &b])).await;
    scene.clock.advance(HOUR);
    assert_eq!(due(never).await, []);
    // By age.
    scene.backs_up(proven(None, &[&a])).await;
    assert_eq!(due(scene.clock.now()).await, [c.id.clone(), b.id.clone()]);
    // Copies of uploads are read back, too.
    scene.append(vec![stored(&a, disk())]).await;
    scene.backs_up(BackupFact::ScrubAsked { destination: disk() }).await;
    let uploads = scene.journal.scrub_due(&disk(), (never, scene.journal.head()), 9).await.unwrap();
    assert_eq!(uploads.len(), 1);
    // One that is made anew meanwhile was read back then.
    let (photo, destination) = (a.id.clone(), disk());
    let gone = BackupFact::Found { run: None, photo, destination, fault: CopyFault::Missing, message: "gone".into() };
    scene.backs_up(gone).await;
    scene.append(vec![stored(&a, disk())]).await;
    assert_eq!(scene.journal.scrub_due(&disk(), (never, scene.journal.head()), 9).await.unwrap(), []);
}

pub(crate) async fn copies_are_counted_by_the_places_in_use_that_hold_them(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let [a, b, c] = scene.three_photos().await;
    scene.append(vec![stored(&a, disk()), stored(&b, disk())]).await;
    scene.backs_up(copied(None, &a)).await;
    let wedding = event_id("wedding");
    let mut sets = scene.journal.copy_sets(&wedding).await.unwrap();
    sets.sort();
    assert_eq!(sets, [(vec![], 1), (vec![cloud(), disk()], 1), (vec![disk()], 1)]);
    let nowhere = scene.journal.photos_in_set(&wedding, &[], 9).await.unwrap();
    assert_eq!(nowhere, [(c.id, "c.jpg".to_owned())]);
    let both = scene.journal.photos_in_set(&wedding, &[disk(), cloud()], 9).await.unwrap();
    assert_eq!(both.len(), 1, "the order of the places does not matter");
    scene.append(vec![Fact::DestinationRemoved { destination: cloud() }]).await;
    let sets = scene.journal.copy_sets(&wedding).await.unwrap();
    assert!(sets.iter().all(|(places, _)| !places.contains(&cloud())), "{sets:?}");
    // An arrival that is no photo yet counts against the event.
    assert_eq!(scene.journal.unfiled(&wedding).await.unwrap(), 0);
    scene.arrive("d.jpg").await;
    assert_eq!(scene.journal.unfiled(&wedding).await.unwrap(), 1);
}

pub(crate) async fn a_list_of_copies_is_due_after_each_new_copy(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let [a, b, _] = scene.three_photos().await;
    let pair = (&event_id("wedding"), &cloud());
    scene.asked("r", RunKind::Copy).await;
    assert!(!scene.journal.needs_seal(pair).await.unwrap());
    scene.backs_up(copied(Some("r"), &a)).await;
    assert!(scene.journal.needs_seal(pair).await.unwrap());
    let as_of = scene.journal.head();
    scene.backs_up(BackupFact::Sealed { run: id("r"), as_of }).await;
    assert!(!scene.journal.needs_seal(pair).await.unwrap());
    scene.backs_up(copied(Some("r"), &b)).await;
    assert!(scene.journal.needs_seal(pair).await.unwrap());
    // A list that was begun before the copy does not hold it.
    scene.backs_up(BackupFact::Sealed { run: id("r"), as_of }).await;
    assert!(scene.journal.needs_seal(pair).await.unwrap());
    let stored = scene.journal.proven_copies_blocking(pair, 0, 9).unwrap();
    let copies: Vec<_> = stored.iter().map(|copy| (&copy.photo, copy.is_sealed)).collect();
    assert_eq!(copies, [(&a, true), (&b, false)]);
}

pub(crate) async fn a_damaged_list_is_told_until_the_next_scrub_and_written_anew(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let [a, ..] = scene.three_photos().await;
    let pair = (&event_id("wedding"), &cloud());
    scene.asked("r", RunKind::Copy).await;
    assert_eq!(scene.journal.listed_folders(&cloud()).await.unwrap(), []);
    scene.backs_up(copied(Some("r"), &a)).await;
    scene.backs_up(BackupFact::Sealed { run: id("r"), as_of: scene.journal.head() }).await;
    let listed = scene.journal.listed_folders(&cloud()).await.unwrap();
    assert_eq!(listed.iter().map(|(event, _)| event).collect::<Vec<_>>(), [pair.0]);
    scene.backs_up(BackupFact::ScrubBegan { destination: cloud() }).await;
    scene.backs_up(lists_read(&["wedding"], &["the chain is missing"])).await;
    assert_eq!(scene.journal.scrubs().await.unwrap()[0].flaws, ["the chain is missing"]);
    assert!(scene.journal.needs_seal(pair).await.unwrap());
    scene.backs_up(BackupFact::Sealed { run: id("r"), as_of: scene.journal.head() }).await;
    assert!(!scene.journal.needs_seal(pair).await.unwrap());
    scene.backs_up(lists_read(&[], &[])).await;
    assert_eq!(scene.journal.scrubs().await.unwrap()[0].flaws, [""; 0]);
}

fn lists_read(damaged: &[&str], flaws: &[&str]) -> BackupFact {
    let damaged = damaged.iter().map(|event| event_id(event)).collect();
    BackupFact::ListsRead { destination: cloud(), damaged, flaws: flaws.iter().map(|&flaw| flaw.to_owned()).collect() }
}

pub(crate) async fn a_part_is_kept_until_its_copy_is_whole(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let [a, ..] = scene.three_photos().await;
    scene.asked("r", RunKind::Copy).await;
    let (journal, photo) = (scene.journal.clone(), a.id.clone());
    let kept = tokio::task::spawn_blocking(move || {
        journal.keep_part_blocking(&cloud(), &photo, "upload 1")?;
        journal.keep_part_blocking(&cloud(), &photo, "upload 1, part 2")
    });
    kept.await.unwrap().unwrap();
    assert_eq!(scene.journal.part(&cloud(), &a.id).await.unwrap().as_deref(), Some("upload 1, part 2"));
    scene.backs_up(copied(Some("r"), &a)).await;
    assert_eq!(scene.journal.part(&cloud(), &a.id).await.unwrap(), None);
}

pub(crate) async fn records_of_old_runs_go_and_their_copies_stay(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let [a, b, _] = scene.three_photos().await;
    scene.asked("old", RunKind::Copy).await;
    scene.backs_up(copied(Some("old"), &a)).await;
    let failed = BackupFact::CopyFailed { run: id("old"), photo: b.id.clone(), message: "gone".into() };
    scene.backs_up(failed).await;
    scene.backs_up(BackupFact::Ended { run: id("old"), outcome: RunOutcome::Cancelled }).await;
    scene.asked("going", RunKind::Copy).await;
    scene.clock.advance(HOUR);
    scene.backs_up(BackupFact::Forgotten { ended_before: scene.clock.now() }).await;
    assert_eq!(scene.journal.backup(&id("old")).await.unwrap(), None);
    assert!(scene.journal.backup(&id("going")).await.unwrap().is_some(), "what goes is not forgotten");
    assert!(matches!(scene.journal.backup_copies_of(&a.id).await.unwrap()[0].1, BackupCopy::Stored { .. }));
}

pub(crate) async fn events_that_are_not_whole_at_a_place_are_named_oldest_first(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    scene.clock.advance(HOUR);
    let party = event("party", EventStatus::Open, scene.clock.now());
    scene.append(vec![Fact::EventCreated { event: party }]).await;
    let a = scene.file(scene.filing("a.jpg").await).await;
    let later = kilat_journal::Filing { event: event_id("party"), ..scene.filing("b.jpg").await };
    scene.file(later).await;
    let events = || async { scene.journal.events_to_back_up(&cloud(), 9).await.unwrap() };
    assert_eq!(events().await, [event_id("wedding"), event_id("party")]);
    scene.backs_up(copied(None, &a)).await;
    assert_eq!(events().await, [event_id("party")]);
    let folders = scene.journal.event_folders(&event_id("wedding")).await.unwrap();
    assert_eq!(folders.iter().map(kilat_core::ObjectKey::as_str).collect::<Vec<_>>(), ["Wedding"]);
}
