//! What copies over the network may take of it, so that the house's one line still carries the ceremony's live stream.

use std::num::NonZeroU64;

use crate::{Millis, Settings};

/// What all copies over the network take together, at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uplink {
    /// Bytes a second at all times; none means as many as go.
    pub always: Option<NonZeroU64>,
    /// Bytes a second while a ceremony is on.
    pub ceremony: NonZeroU64,
}

impl Uplink {
    /// The limit in force.
    #[must_use]
    pub fn limit(self, is_ceremony: bool) -> Option<NonZeroU64> {
        if !is_ceremony {
            return self.always;
        }
        Some(self.always.map_or(self.ceremony, |always| always.min(self.ceremony)))
    }
}

impl Settings {
    /// When the ceremony that is on now ends; none when none is on.
    #[must_use]
    pub fn ceremony(&self, now: Millis) -> Option<Millis> {
        self.ceremony_until.filter(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceremony_never_makes_copies_faster_and_ends_by_itself() {
        let [slow, fast] = [125_000, 1_250_000].map(|rate| NonZeroU64::new(rate).expect("not 0"));
        assert_eq!(Uplink { always: None, ceremony: slow }.limit(false), None);
        assert_eq!(Uplink { always: None, ceremony: slow }.limit(true), Some(slow));
        assert_eq!(Uplink { always: Some(slow), ceremony: fast }.limit(true), Some(slow));
        let settings = Settings { ceremony_until: Some(Millis(1_000)), ..Settings::default() };
        assert_eq!(settings.ceremony(Millis(999)), Some(Millis(1_000)));
        assert_eq!(settings.ceremony(Millis(1_000)), None);
    }
}
