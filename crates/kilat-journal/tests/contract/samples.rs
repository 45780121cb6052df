//! The machine's past: kept, bounded, and safe from clocks that jump.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{Fact, Gauge, ManualClock, Millis, Span, Stretch};
use kilat_journal::{Journal, MAX_SAMPLES};

use super::scene::Backend;

const BEGIN_MS: i64 = 1_795_000_000_000;
const MINUTE_MS: i64 = 60_000;
const EVER: (Millis, Millis) = (Millis(i64::MIN), Millis(i64::MAX));

fn minute(at_ms: i64, cpu: f64) -> Stretch {
    Stretch { at: Millis(at_ms), spans: BTreeMap::from([(Gauge::Cpu, Span::of(cpu))]) }
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at_ms(BEGIN_MS.unsigned_abs()))
}

fn times(journal: &Journal, (from, to): (Millis, Millis)) -> Vec<i64> {
    journal.samples_blocking(from, to).unwrap().iter().map(|stretch| stretch.at.0).collect()
}

pub(crate) async fn the_machines_past_survives_a_restart_and_is_no_fact(backend: &impl Backend) {
    let journal = backend.open(clock()).await;
    let head = journal.head();
    let whole = Stretch {
        at: Millis(BEGIN_MS),
        spans: BTreeMap::from([
            (Gauge::Cpu, Span { min: 1.5, avg: 20.25, max: 99.0, count: 60 }),
            (Gauge::NetworkIn, Span::of(1e9)),
        ]),
    };
    journal.keep_sample(whole.clone()).await.unwrap();
    drop(journal);
    let journal = backend.open(clock()).await;
    assert_eq!(journal.samples_blocking(EVER.0, EVER.1).unwrap(), [whole]);
    assert_eq!(journal.head(), head);
    let later = BEGIN_MS + MINUTE_MS;
    journal.keep_sample(minute(later, 1.0)).await.unwrap();
    assert_eq!(times(&journal, (Millis(BEGIN_MS), Millis(later))), [BEGIN_MS], "the end does not belong to it");
}

pub(crate) async fn the_past_is_bounded_and_a_clock_that_jumps_takes_nothing_away(backend: &impl Backend) {
    let journal = backend.open(clock()).await;
    let add = async |range: std::ops::Range<i64>| {
        // Together, so that they share commits.
        let keeps = range.map(|n| {
            let (journal, minute) = (journal.clone(), minute(BEGIN_MS + n * MINUTE_MS, n as f64));
            tokio::spawn(async move { journal.keep_sample(minute).await })
        });
        for keep in keeps.collect::<Vec<_>>() {
            keep.await.unwrap().unwrap();
        }
    };
    add(0..5).await;
    // Ten years ahead for a minute, then right again, then a day back.
    journal.keep_sample(minute(BEGIN_MS + 10 * 365 * 1_440 * MINUTE_MS, 50.0)).await.unwrap();
    add(5..8).await;
    journal.keep_sample(minute(BEGIN_MS - 1_440 * MINUTE_MS, 60.0)).await.unwrap();
    let of_now = (Millis(BEGIN_MS), Millis(BEGIN_MS + 8 * MINUTE_MS));
    assert_eq!(times(&journal, of_now), (0..8).map(|n| BEGIN_MS + n * MINUTE_MS).collect::<Vec<_>>());
    // The same minute twice: both are true.
    journal.keep_sample(minute(BEGIN_MS, 77.0)).await.unwrap();
    let twice = journal.samples_blocking(Millis(BEGIN_MS), Millis(BEGIN_MS + 1)).unwrap();
    assert_eq!(twice.iter().map(|stretch| stretch.spans[&Gauge::Cpu].max).collect::<Vec<_>>(), [0.0, 77.0]);

    add(8..MAX_SAMPLES + 8).await;
    let kept = times(&journal, EVER);
    assert_eq!(kept.len() as i64, MAX_SAMPLES);
    assert_eq!(kept.first(), Some(&(BEGIN_MS + 8 * MINUTE_MS)), "the first written goes first, whatever its time");
}

pub(crate) async fn commits_are_timed_and_the_unwritten_are_not(backend: &impl Backend) {
    let clock = clock();
    let journal = backend.open(clock.clone()).await;
    assert_eq!(journal.commit_times(), None);
    journal.append(vec![Fact::UploadsPaused]).await.unwrap();
    journal.append(vec![Fact::UploadsPaused]).await.unwrap();
    let seen = journal.commit_times().expect("one was written");
    assert_eq!(seen.commits, 1, "what changes nothing costs the disk nothing");
    clock.advance(Duration::from_secs(70));
    assert_eq!(journal.commit_times(), None, "a minute is forgotten");
}
