use proptest::prelude::*;

use super::*;

const FILE: &str = "/hot/DSC_0001.JPG";

fn at(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn look(size_bytes: u64, shape: Completeness) -> Look {
    Look { stamp: FileStamp { size_bytes, mtime_ns: 1, ino: 1 }, age: Some(Duration::ZERO), shape }
}

fn see(settle: &mut Settle, ms: u64, size: u64, shape: Completeness) -> Verdict {
    settle.looked(Path::new(FILE), &look(size, shape), at(ms))
}

fn after(sign: Sign) -> Settle {
    let mut settle = Settle::default();
    assert!(settle.sign(Path::new(FILE), sign, at(0)));
    settle
}

use Completeness::{CutOff, Unknown, Whole};

#[test]
fn a_closed_whole_file_is_ready_at_once() {
    let mut settle = after(Sign::Created);
    settle.sign(Path::new(FILE), Sign::Finished, at(5));
    assert_eq!(settle.due(at(5)).as_deref(), Some(Path::new(FILE)));
    assert_eq!(see(&mut settle, 5, 100, Whole), Verdict::Ready);
    assert_eq!(settle.len(), 0);
}

#[test]
fn a_created_file_is_not_even_looked_at_before_a_second_has_passed() {
    let settle = after(Sign::Created);
    assert_eq!(settle.due(at(999)), None);
    assert!(settle.due(at(1_000)).is_some());
}

#[test]
fn a_file_that_grows_is_never_ready_however_long_it_takes() {
    let mut settle = after(Sign::Created);
    for step in 1..200 {
        assert_eq!(see(&mut settle, step * 1_000, step, Whole), Verdict::Wait, "step {step}");
    }
    assert_eq!(see(&mut settle, 201_000, 199, Whole), Verdict::Ready);
}

#[test]
fn a_whole_file_without_events_is_ready_after_two_equal_looks_a_second_apart() {
    let mut settle = after(Sign::Found);
    assert_eq!(see(&mut settle, 0, 100, Whole), Verdict::Wait);
    assert_eq!(see(&mut settle, 999, 100, Whole), Verdict::Wait);
    assert_eq!(see(&mut settle, 1_000, 100, Whole), Verdict::Ready);
}

#[test]
fn a_file_whose_end_cannot_be_checked_waits_longer_while_its_writer_may_hold_it() {
    let mut found = after(Sign::Found);
    see(&mut found, 0, 100, Unknown);
    assert_eq!(see(&mut found, 2_000, 100, Unknown), Verdict::Ready);
    let mut created = after(Sign::Created);
    see(&mut created, 1_000, 100, Unknown);
    assert_eq!(see(&mut created, 10_999, 100, Unknown), Verdict::Wait);
    assert_eq!(see(&mut created, 11_000, 100, Unknown), Verdict::Ready);
}

#[test]
fn a_cut_off_file_waits_is_reported_once_and_is_ready_when_the_rest_comes() {
    let mut settle = after(Sign::Finished);
    assert_eq!(see(&mut settle, 0, 50, CutOff("its end")), Verdict::Wait);
    assert_eq!(see(&mut settle, 9_999, 50, CutOff("its end")), Verdict::Wait);
    assert_eq!(see(&mut settle, 10_000, 50, CutOff("its end")), Verdict::CutOff("its end"));
    assert_eq!(settle.due(at(60_000)), None, "it is not reported again");
    settle.sign(Path::new(FILE), Sign::Finished, at(70_000));
    assert_eq!(see(&mut settle, 70_000, 100, Whole), Verdict::Ready);
}

#[test]
fn reserved_space_that_is_filled_later_is_one_file_and_not_cut_off() {
    let mut settle = after(Sign::Created);
    // The size stands still while the content comes; its modification time does not.
    for step in 0..20 {
        let mut now = look(100, CutOff("picture data"));
        now.stamp.mtime_ns = step;
        assert_eq!(settle.looked(Path::new(FILE), &now, at(1_000 + step as u64 * 1_000)), Verdict::Wait);
    }
    settle.sign(Path::new(FILE), Sign::Finished, at(22_000));
    assert_eq!(see(&mut settle, 22_000, 100, Whole), Verdict::Ready);
}

#[test]
fn an_empty_file_is_noise_only_after_it_stayed_empty() {
    let mut settle = after(Sign::Finished);
    assert_eq!(see(&mut settle, 0, 0, CutOff("everything")), Verdict::Wait);
    assert_eq!(see(&mut settle, 10_000, 0, CutOff("everything")), Verdict::Empty);
}

#[test]
fn an_old_file_found_at_the_start_needs_no_second_look() {
    let mut settle = after(Sign::Found);
    let old = Look { age: Some(Duration::from_secs(3_600)), ..look(100, Whole) };
    assert_eq!(settle.looked(Path::new(FILE), &old, at(0)), Verdict::Ready);
}

#[test]
fn a_file_from_the_future_is_looked_at_twice() {
    let mut settle = after(Sign::Found);
    let future = Look { age: None, ..look(100, Whole) };
    assert_eq!(settle.looked(Path::new(FILE), &future, at(0)), Verdict::Wait);
    assert_eq!(settle.looked(Path::new(FILE), &future, at(1_000)), Verdict::Ready);
}

#[test]
fn a_full_table_refuses_new_paths_and_still_finishes_the_old_ones() {
    let mut settle = Settle::default();
    for n in 0..MAX_TRACKED {
        assert!(settle.sign(Path::new(&format!("/hot/{n}.jpg")), Sign::Created, at(0)));
    }
    assert!(!settle.sign(Path::new(FILE), Sign::Finished, at(0)));
    assert!(settle.sign(Path::new("/hot/7.jpg"), Sign::Finished, at(0)));
    settle.forget_below(Path::new("/hot"));
    assert_eq!((settle.len(), settle.next()), (0, None));
}

#[derive(Debug, Clone)]
enum Step {
    Sign(Sign),
    Look { size: u64, shape: u8 },
    Forget,
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let sign = prop_oneof![Just(Sign::Created), Just(Sign::Found), Just(Sign::Finished)];
    prop_oneof![
        sign.prop_map(Step::Sign),
        (0_u64..4, 0_u8..3).prop_map(|(size, shape)| Step::Look { size, shape }),
        Just(Step::Forget),
        (0_u64..4_000).prop_map(Step::Pass),
    ]
}

proptest! {
    // Whatever happens in whatever order: ready only when whole or unknown and either finished by
    // its writer or unchanged for a second; and the agenda holds exactly what is tracked.
    #[test]
    fn nothing_is_ready_without_its_reason(steps in proptest::collection::vec(step(), 0..60)) {
        let mut settle = Settle::default();
        let (mut now, mut is_finished, mut last, mut since) = (0, false, None, 0);
        for step in steps {
            match step {
                Step::Pass(ms) => now += ms,
                Step::Forget => {
                    settle.forget(Path::new(FILE));
                    (is_finished, last) = (false, None);
                }
                Step::Sign(sign) => {
                    let is_new = settle.len() == 0;
                    settle.sign(Path::new(FILE), sign, at(now));
                    match sign {
                        Sign::Finished => is_finished = true,
                        Sign::Created => (is_finished, last) = (false, None),
                        Sign::Found if is_new => (is_finished, last) = (false, None),
                        Sign::Found => {}
                    }
                }
                Step::Look { size, shape } if settle.len() == 1 => {
                    if last != Some(size) {
                        (last, since) = (Some(size), now);
                    }
                    let shape = [Whole, Unknown, CutOff("its end")][usize::from(shape)];
                    let verdict = see(&mut settle, now, size, shape);
                    if verdict == Verdict::Ready {
                        prop_assert!(!matches!(shape, CutOff(_)));
                        prop_assert!(is_finished || now - since >= 1_000);
                    }
                    if verdict != Verdict::Wait {
                        (is_finished, last) = (false, None);
                    }
                }
                Step::Look { .. } => {}
            }
            prop_assert_eq!(settle.agenda.len(), settle.files.len());
        }
    }
}
