//! How wrong a camera's clock is, by the photos that came a moment after they were taken.
//!
//! Photos come later than they are taken, by seconds or, after an hour without Wi-Fi, by an hour; never earlier. So the
//! smallest lag of the last photos is the clock's error and the shortest way. It counts only where photos of different
//! moments agree on it: those that waited lag by as much as each of them waited.
//!
//! Photos of a backlog may go out at the pace at which they were taken, and then agree too. So where a camera sends, its
//! clock is called behind only when one of those that agree came after a pause: a backlog goes out without any. By cable
//! a backlog comes much faster than it was taken.

use crate::{Millis, Way};

/// Photos that are looked at: the last ones of one camera.
pub const MAX_LAGS: usize = 32;
/// Photos that must agree, and over how long a time they must have been taken.
const AGREE: usize = 4;
const APART_MS: i64 = 10_000;
/// Lags this near to each other are one: file times are whole seconds, and links take turns.
const NEAR_MS: i64 = 3_000;
/// A lag up to this is the way from the camera, not its clock.
const WAY_MS: i64 = 20_000;
/// Longer than one photo of a backlog takes: 60 MB over a Wi-Fi of 2 MB/s.
const PAUSE_MS: i64 = 30_000;
/// A smaller change is no news.
const NEWS_MS: u64 = 2_000;
/// A larger one is no better measurement: somebody turned the clock.
const SET_MS: u64 = 30_000;

/// A photo that came a live way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// When it was taken, by the camera's clock.
    pub taken_ms: i64,
    /// When it came, by Kilat's.
    pub came_ms: i64,
    /// When it was filed.
    pub filed: Millis,
}

/// What photos tell of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// By how much it is ahead; negative when it is behind, 0 when it is right.
    pub skew_ms: i64,
    /// When the first of the photos that say so was filed.
    pub since: Millis,
}

/// What these photos tell of their camera's clock; none when nobody can tell.
#[must_use]
pub fn measure_clock(lags: &[Lag], way: Way) -> Option<Measured> {
    let lag = |photo: &Lag| photo.came_ms.saturating_sub(photo.taken_ms);
    let least = lags.iter().map(lag).min()?;
    let agreeing = || lags.iter().filter(|photo| lag(photo).saturating_sub(least) <= NEAR_MS);
    let taken = || agreeing().map(|photo| photo.taken_ms);
    if agreeing().count() < AGREE || taken().max()?.saturating_sub(taken().min()?) < APART_MS {
        return None;
    }
    if least > WAY_MS && way != Way::Cable && !is_after_pause(lags, least) {
        return None;
    }
    let skew_ms = if (0..=WAY_MS).contains(&least) { 0 } else { -least };
    Some(Measured { skew_ms, since: agreeing().map(|photo| photo.filed).min()? })
}

/// Whether a photo of the least lag came after a pause that the camera's clock saw too.
fn is_after_pause(lags: &[Lag], least: i64) -> bool {
    let mut lags = lags.to_vec();
    lags.sort_by_key(|photo| (photo.came_ms, photo.taken_ms));
    let agrees = |photo: &Lag| photo.came_ms.saturating_sub(photo.taken_ms).saturating_sub(least) <= NEAR_MS;
    lags.windows(2)
        .any(|two| two[1].came_ms.saturating_sub(two[0].came_ms) >= PAUSE_MS && agrees(&two[0]) && agrees(&two[1]))
}

/// How what is measured now differs from what was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockNews {
    /// Not worth a word.
    None,
    /// The same clock, measured better, or for the first time.
    Better,
    /// Somebody set it: what was taken before stays where it stands.
    Set,
}

/// Compares what was known, if anything was, with what is measured now.
#[must_use]
pub fn clock_news(before_ms: Option<i64>, now_ms: i64) -> ClockNews {
    let step = before_ms.unwrap_or(0).abs_diff(now_ms);
    if step <= NEWS_MS {
        ClockNews::None
    } else if before_ms.is_none() || step <= SET_MS {
        ClockNews::Better
    } else {
        ClockNews::Set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Photos five seconds apart, each that much later in hand than its camera's clock says.
    fn lags(seconds: &[i64]) -> Vec<Lag> {
        let lag =
            |(at, lag): (i64, &i64)| Lag { taken_ms: at * 5_000, came_ms: at * 5_000 + lag * 1_000, filed: Millis(at) };
        (0..).zip(seconds).map(lag).collect()
    }

    /// The same, with a minute's rest after the first two.
    fn rested(seconds: &[i64]) -> Vec<Lag> {
        let mut lags = lags(seconds);
        for late in lags.iter_mut().skip(2) {
            late.taken_ms += 60_000;
            late.came_ms += 60_000;
        }
        lags
    }

    fn told(lags: &[Lag]) -> Option<i64> {
        measure_clock(lags, Way::Ftp).map(|measured| measured.skew_ms)
    }

    #[test]
    fn a_clock_that_is_behind_or_ahead_is_measured_and_the_way_is_not_its_fault() {
        assert_eq!(told(&rested(&[192, 193, 192, 194])), Some(-192_000));
        assert_eq!(told(&lags(&[-3_598, -3_599, -3_597, -3_599])), Some(3_599_000));
        assert_eq!(told(&lags(&[3, 2, 4, 9])), None, "too few agree");
        assert_eq!(told(&lags(&[3, 2, 4, 9, 2])), Some(0));
    }

    #[test]
    fn photos_that_waited_and_one_that_is_an_outlier_move_nothing() {
        assert_eq!(told(&lags(&[3_600, 3_590, 3_580, 3_570, 3_560])), None, "a backlog is no clock");
        assert_eq!(told(&lags(&[3_600, 2, 3_580, 2, 3, 2])), Some(0));
        assert_eq!(told(&rested(&[192, 193, -80_000, 192, 194])), None, "nothing agrees with the least");
    }

    #[test]
    fn a_backlog_that_goes_out_at_the_pace_at_which_it_was_taken_is_no_clock() {
        let backlog = lags(&[3_600, 3_601, 3_600, 3_602]);
        assert_eq!(told(&backlog), None);
        assert!(measure_clock(&backlog, Way::Cable).is_some(), "a cable is faster than that");
        let mut cut = lags(&[3_600, 3_601, 3_600, 3_602, 3_600, 3_601]);
        for late in cut.iter_mut().skip(3) {
            late.came_ms += 60_000;
        }
        assert_eq!(told(&cut), None, "the link was away for a minute, the camera was not");
        assert_eq!(told(&rested(&[3_600, 3_601, 3_600, 3_602])), Some(-3_600_000), "nobody waits for the shutter");
    }

    #[test]
    fn frames_of_one_moment_say_nothing() {
        let burst: Vec<Lag> =
            (0..8).map(|n| Lag { taken_ms: n * 100, came_ms: 3_600_000 + n * 100, filed: Millis(n) }).collect();
        assert_eq!(told(&burst), None);
        assert_eq!(told(&[]), None);
    }

    #[test]
    fn a_clock_that_was_set_is_told_from_one_that_was_measured_better() {
        assert_eq!(clock_news(None, -2_000), ClockNews::None);
        assert_eq!(clock_news(None, -3_600_000), ClockNews::Better);
        assert_eq!(clock_news(Some(-192_000), -189_000), ClockNews::Better);
        assert_eq!(clock_news(Some(-3_600_000), 0), ClockNews::Set);
        let since = measure_clock(&lags(&[9_000, 2, 3, 2, 2]), Way::Ftp).map(|measured| measured.since);
        assert_eq!(since, Some(Millis(1)), "the first that agrees");
    }
}
