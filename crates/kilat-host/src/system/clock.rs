//! The wall clock: whether the system keeps it right, and whether it was seen to jump.

use std::time::Duration;

use kilat_core::{Clock, ClockState, Millis};

/// A difference from the time that passed that is no scheduling: somebody set the clock.
const JUMP_MS: i64 = 500;

/// What the kernel says of its clock: whether something keeps it right, and by how much it may be wrong.
///
/// None where it may not be asked, as in some containers. Any program may ask; only setting needs rights.
#[cfg(target_os = "linux")]
pub(crate) fn kernel_clock() -> Option<KernelClock> {
    // SAFETY: all of its fields are numbers, for which zeroes are values.
    #[expect(unsafe_code, reason = "adjtimex has no safe wrapper; with no modes set it only reads")]
    let mut state: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes one `timex` to a place that holds one, and keeps no reference.
    #[expect(unsafe_code, reason = "as above")]
    let answer = unsafe { libc::adjtimex(&raw mut state) };
    if answer < 0 {
        return None;
    }
    let is_synchronized = answer != libc::TIME_ERROR && state.status & libc::STA_UNSYNC == 0;
    Some(KernelClock { is_synchronized, error: Duration::from_micros(u64::try_from(state.maxerror).unwrap_or(0)) })
}

/// Other systems are not asked.
#[cfg(not(target_os = "linux"))]
pub(crate) fn kernel_clock() -> Option<KernelClock> {
    None
}

/// What the kernel says of its clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KernelClock {
    /// Whether something keeps it right.
    pub is_synchronized: bool,
    /// By how much it may be wrong, as the kernel estimates; grows while nothing keeps it right.
    pub error: Duration,
}

/// Compares the wall clock with the time that passed.
#[derive(Debug, Default)]
pub(crate) struct Jumps {
    last: Option<(Millis, Duration)>,
    state: ClockState,
}

impl Jumps {
    /// Looks at both clocks; answers by how much the wall clock jumped since the last look, if it did.
    pub(crate) fn look(&mut self, clock: &dyn Clock) -> Option<i64> {
        let (wall, passed) = (clock.now(), clock.monotonic());
        let (last_wall, last_passed) = self.last.replace((wall, passed))?;
        let passed = i64::try_from(passed.saturating_sub(last_passed).as_millis()).unwrap_or(i64::MAX);
        let jumped = wall.0.saturating_sub(last_wall.0).saturating_sub(passed);
        if jumped.saturating_abs() < JUMP_MS {
            return None;
        }
        self.state.jumps += 1;
        self.state.last_jump_ms = Some(jumped);
        Some(jumped)
    }

    /// What is known of the clock.
    pub(crate) fn state(&self, kernel: Option<KernelClock>) -> ClockState {
        ClockState {
            is_synchronized: kernel.map(|kernel| kernel.is_synchronized),
            error_ms: kernel.filter(|kernel| kernel.is_synchronized).map(|kernel| kernel.error.as_secs_f64() * 1e3),
            ..self.state.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use kilat_core::ManualClock;

    use super::*;

    #[test]
    fn a_clock_that_is_set_is_seen_and_one_that_runs_is_not() {
        let clock = ManualClock::at_ms(1_795_000_000_000);
        let mut jumps = Jumps::default();
        assert_eq!(jumps.look(&clock), None);
        clock.advance(Duration::from_secs(3_600));
        assert_eq!(jumps.look(&clock), None);
        clock.set_wall(-7_200_000);
        clock.advance(Duration::from_secs(1));
        assert_eq!(jumps.look(&clock), Some(-7_200_000));
        clock.set_wall(499);
        assert_eq!(jumps.look(&clock), None);
        clock.set_wall(2_000);
        assert_eq!(jumps.look(&clock), Some(2_000));
        let state = jumps.state(None);
        assert_eq!((state.jumps, state.last_jump_ms, state.is_synchronized), (2, Some(2_000), None));
    }

    #[test]
    fn an_error_is_known_only_of_a_clock_that_is_kept_right() {
        let jumps = Jumps::default();
        let kernel = |is_synchronized| Some(KernelClock { is_synchronized, error: Duration::from_micros(2_500) });
        assert_eq!((jumps.state(kernel(true)).error_ms, jumps.state(kernel(false)).error_ms), (Some(2.5), None));
        assert_eq!(jumps.state(kernel(false)).is_synchronized, Some(false));
    }

    #[test]
    fn the_kernel_is_asked_without_rights() {
        // Some containers forbid it, which is an answer too; what it must not do is set the clock or fail loudly.
        let (first, again) = (kernel_clock(), kernel_clock());
        assert_eq!(first.is_some(), again.is_some());
    }
}
