//! Restores: one at a time, an end that stays as it was said, a bounded number on record.

use kilat_core::{
    Fact, Restore, RestoreEnd, RestoreFact, RestoreFailure, RestoreId, RestoreOutcome, RestoreTally, RestoreTotals,
};
use kilat_journal::{JournalError, MAX_RESTORES, Refusal};

use super::scene::{Backend, Scene, disk, event_id};

fn id(text: &str) -> RestoreId {
    text.parse().unwrap()
}

fn restore(text: &str) -> Restore {
    let (event, from) = (event_id("wedding"), disk());
    Restore { id: id(text), event, from, photos: None, folder: "/srv/back".into() }
}

fn asked(text: &str) -> RestoreFact {
    RestoreFact::Asked { restore: restore(text) }
}

fn ended(text: &str, outcome: RestoreOutcome) -> RestoreFact {
    let failures = vec![RestoreFailure { name: "a.jpg".to_owned(), message: "its bytes have changed".to_owned() }];
    let tally = RestoreTally { restored: 2, restored_bytes: 20, was_there: 0, failed: 1 };
    RestoreFact::Ended { restore: id(text), end: RestoreEnd { outcome, tally: Some(tally), failures } }
}

impl Scene {
    /// Records a fact about restores; whether it changed anything.
    async fn restores(&self, fact: RestoreFact) -> Result<bool, JournalError> {
        Ok(!self.journal.append(vec![Fact::Restore(fact)]).await?.is_empty())
    }
}

pub(crate) async fn one_restore_goes_at_a_time_and_ends_once_with_its_last_word(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let strange = Restore { event: event_id("x"), ..restore("r-1") };
    let refused = scene.restores(RestoreFact::Asked { restore: strange }).await;
    assert!(matches!(refused, Err(JournalError::Refused(Refusal::UnknownEvent(_)))), "{refused:?}");
    assert!(scene.restores(asked("r-1")).await.unwrap());
    assert!(!scene.restores(asked("r-1")).await.unwrap(), "asking again changes nothing");
    assert!(matches!(scene.restores(asked("r-2")).await, Err(JournalError::Refused(Refusal::Contradicts { .. }))));
    let unknown = scene.restores(RestoreFact::CancelAsked { restore: id("r-9") }).await;
    assert!(matches!(unknown, Err(JournalError::Refused(Refusal::UnknownRestore(_)))), "{unknown:?}");

    let totals = RestoreTotals { photos: 3, bytes: 30 };
    let warnings = vec!["the chain is missing".to_owned()];
    assert!(scene.restores(RestoreFact::Counted { restore: id("r-1"), totals, warnings }).await.unwrap());
    assert!(scene.restores(RestoreFact::CancelAsked { restore: id("r-1") }).await.unwrap());
    let going = scene.journal.restore_going().await.unwrap().unwrap();
    assert_eq!((going.totals, going.is_cancelling, going.warnings.len()), (Some(totals), true, 1));
    assert!(scene.restores(ended("r-1", RestoreOutcome::Incomplete)).await.unwrap());
    assert!(!scene.restores(ended("r-1", RestoreOutcome::Completed)).await.unwrap(), "the last word stays");
    assert!(!scene.restores(RestoreFact::CancelAsked { restore: id("r-1") }).await.unwrap());
    assert_eq!(scene.journal.restore_going().await.unwrap(), None);
    let (_, end) = scene.journal.restore(&id("r-1")).await.unwrap().unwrap().ended.unwrap();
    assert_eq!((end.outcome, end.tally.unwrap().failed, end.failures.len()), (RestoreOutcome::Incomplete, 1, 1));
    assert!(scene.restores(asked("r-2")).await.unwrap());
    assert_eq!(scene.journal.snapshot().await.unwrap().restore.unwrap().restore.id, id("r-2"), "the newest");
}

pub(crate) async fn records_of_restores_are_bounded_and_the_newest_stay(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    for number in 0..=MAX_RESTORES {
        let name = format!("r-{number}");
        let end = ended(&name, RestoreOutcome::Cancelled);
        scene.append(vec![Fact::Restore(asked(&name)), Fact::Restore(end)]).await;
    }
    let kept = scene.journal.restores(usize::MAX).await.unwrap();
    let newest = format!("r-{MAX_RESTORES}");
    assert_eq!(
        (kept.len(), &kept[0].restore.id, &kept[MAX_RESTORES - 1].restore.id),
        (MAX_RESTORES, &id(&newest), &id("r-1"))
    );
}
