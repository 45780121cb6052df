//! Subscribing against publishing, in every order in which their steps can follow each other.
//!
//! Each step here is what happens under one lock or in one atomic operation, in the code's own order: a pass adds to
//! the recent entries, tells that it began, and meets the viewer; a subscription registers and notes where the log
//! stands, reads what was missed up to there, and lets go what was held back.

use super::*;
use crate::recent::Recent;

const UPLOAD: Channels = Channels::of(&[Channel::Upload]);
/// What the viewer has seen before.
const SINCE: u64 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Register,
    Read,
    Open,
    Extend(u64),
    Tell(u64),
    Meet(u64),
}

/// A subscription in the right order, and in the order of the planted bug.
const RIGHT: [Step; 3] = [Step::Register, Step::Read, Step::Open];
const PLANTED: [Step; 3] = [Step::Read, Step::Register, Step::Open];

fn entry(seq: u64) -> Arc<Frame> {
    Arc::new(Frame::text("x", UPLOAD, What::Log { seq, ends: None }))
}

/// Every order of both that keeps the order within each.
fn orders(left: &[Step], right: &[Step]) -> Vec<Vec<Step>> {
    let (Some((l, left_rest)), Some((r, right_rest))) = (left.split_first(), right.split_first()) else {
        return vec![[left, right].concat()];
    };
    let before = |first: Step, rest: Vec<Vec<Step>>| rest.into_iter().map(move |rest| [vec![first], rest].concat());
    before(*l, orders(left_rest, right)).chain(before(*r, orders(left, right_rest))).collect()
}

/// What the viewer is told.
fn told(order: &[Step]) -> Vec<u64> {
    let mut recent = Recent::new(0);
    recent.extend(&[entry(1), entry(2)]);
    let (mut published, mut up_to, mut missed) = (2, None, Vec::new());
    let mut outbox = Outbox::default();
    for step in order {
        match step {
            Step::Register => {
                let at = *up_to.get_or_insert(published);
                outbox.close_gate(UPLOAD, at);
            }
            Step::Read => {
                let at = *up_to.get_or_insert(published);
                missed = recent.between(SINCE, at, UPLOAD).expect("all are here");
            }
            Step::Open => {
                missed.drain(..).for_each(|frame| outbox.enqueue(frame));
                assert!(outbox.open_gate(UPLOAD, published), "so few fit behind the gate");
            }
            Step::Extend(seq) => recent.extend(&[entry(*seq)]),
            Step::Tell(seq) => published = *seq,
            Step::Meet(seq) => outbox.put(&entry(*seq)),
        }
    }
    outbox.take().iter().filter_map(|frame| frame.seq()).collect()
}

fn wrong(subscription: &[Step]) -> (usize, usize) {
    let passes = [3, 4, 5].map(|seq| [Step::Extend(seq), Step::Tell(seq), Step::Meet(seq)]).concat();
    let all = orders(subscription, &passes);
    (all.iter().filter(|order| told(order) != [2, 3, 4, 5]).count(), all.len())
}

#[test]
fn in_every_order_a_subscriber_gets_every_entry_once() {
    assert_eq!(wrong(&RIGHT), (0, 220));
}

#[test]
fn reading_before_registering_loses_entries_and_is_seen() {
    let (wrong, _) = wrong(&PLANTED);
    assert!(wrong > 0, "the check is blind");
}
