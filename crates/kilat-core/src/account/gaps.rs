//! Gaps between the numbers in a body's file names.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{HeldPhoto, Names};
use crate::PhotoKind;

/// A camera's numbers go from 0001 to 9999, and begin again.
const NUMBERS: i64 = 9_999;
/// A larger step between two frames is another folder, or another shoot between them.
const MAX_STEP: i64 = 2_000;
/// Frames of one moment come this far out of order; a step back beyond it is a counter that was set back.
const MAX_BACK: i64 = 50;

/// A file whose name ends in a camera's number: `DSC_0413.NEF`.
#[derive(Debug)]
pub(super) struct Numbered<'a> {
    order_ms: i64,
    number: i64,
    /// `DSC_`, `0413`, `.NEF`
    parts: (&'a str, &'a str),
}

impl<'a> Numbered<'a> {
    /// Eight characters, of which the last four are digits: what all cameras that number frames agreed on (DCF).
    pub(super) fn of(photo: &'a HeldPhoto) -> Option<Self> {
        let (stem, _) = photo.name.rsplit_once('.')?;
        if photo.kind == PhotoKind::Sidecar || stem.len() != 8 || !stem.is_ascii() {
            return None;
        }
        let digits = stem.get(4..)?;
        let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()?;
        (number > 0).then_some(Self { order_ms: photo.order_ms, number, parts: (&photo.name[..4], &photo.name[8..]) })
    }
}

/// The numbers between those of one body's frames that no file has, named like the frame before each; none when no file
/// is numbered. A roll-over goes on; a counter that was set back, or went far ahead, begins anew.
pub(super) fn gaps(mut frames: Vec<Numbered<'_>>) -> Option<Names> {
    if frames.is_empty() {
        return None;
    }
    frames.sort_by_key(|frame| (frame.order_ms, frame.number));
    let held: HashSet<i64> = frames.iter().map(|frame| frame.number).collect();
    let mut runs: Vec<BTreeMap<i64, BTreeSet<(&str, &str)>>> = Vec::new();
    let mut last = 0;
    for frame in &frames {
        let base = i64::div_euclid(last, NUMBERS) * NUMBERS + frame.number - 1;
        let nearest = [base - NUMBERS, base, base + NUMBERS].into_iter().min_by_key(|at| (at - last).abs());
        let at = nearest.unwrap_or(base);
        match runs.last_mut().filter(|_| (-MAX_BACK..=MAX_STEP).contains(&(at - last))) {
            Some(run) => {
                run.entry(at).or_default().insert(frame.parts);
                last = last.max(at);
            }
            None => {
                last = NUMBERS + frame.number - 1;
                runs.push(BTreeMap::from([(last, BTreeSet::from([frame.parts]))]));
            }
        }
    }
    let mut missing = Names::default();
    for run in &runs {
        for ((before, files), after) in run.iter().zip(run.keys().skip(1)) {
            for at in before + 1..*after {
                let number = at.rem_euclid(NUMBERS) + 1;
                if !held.contains(&number) {
                    for (stem, ext) in files {
                        missing.put(&format!("{stem}{number:04}{ext}"));
                    }
                }
            }
        }
    }
    Some(missing)
}
