//! Which files of a card are of an earlier shoot: cards come with last week's wedding on them, which is no part of today's.

use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::{Event, Millis, today};

/// 2000-01-02: a time before it was never set.
const CLOCKS_BEGIN_S: i64 = 946_771_200;

/// When the event's shoot may have begun, in seconds since 1970 as if the camera's clock were UTC: what was written
/// before is of an earlier one. A day before the event's, for clocks that are wrong by hours and parties that begin the
/// evening before. Without an event, the same of today.
#[must_use]
pub fn shoot_begins_s(event: Option<&Event>, now: Millis) -> i64 {
    let date = event.map_or_else(|| today(now), |event| event.date);
    let before = date.yesterday().unwrap_or(date).to_datetime(Time::midnight());
    TimeZone::UTC.to_ambiguous_timestamp(before).compatible().map_or(i64::MIN, |at| at.as_second())
}

/// Whether a file was written before that, by a clock that was ever set: one that was not says 1980 or 2000.
#[must_use]
pub fn is_of_earlier_shoot(written_s: Option<i64>, begins_s: i64) -> bool {
    written_s.is_some_and(|written| (CLOCKS_BEGIN_S..begins_s).contains(&written))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventStatus;

    #[test]
    fn what_was_shot_the_day_before_is_part_of_it_and_what_was_shot_before_that_is_not() {
        let event = Event {
            id: "wedding".parse().expect("an id"),
            name: "Wedding".to_owned(),
            date: jiff::civil::date(2026, 11, 21),
            status: EventStatus::Active,
            created_at: Millis(0),
        };
        let begins = shoot_begins_s(Some(&event), Millis(0));
        assert_eq!(
            begins,
            jiff::civil::date(2026, 11, 20).to_zoned(TimeZone::UTC).expect("a time").timestamp().as_second()
        );
        assert!(is_of_earlier_shoot(Some(begins - 1), begins) && !is_of_earlier_shoot(Some(begins), begins));
        assert!(!is_of_earlier_shoot(Some(315_532_800), begins) && !is_of_earlier_shoot(None, begins), "no clock");
        assert!(shoot_begins_s(None, Millis(1_800_000_000_000)) > begins, "without an event, today");
    }
}
