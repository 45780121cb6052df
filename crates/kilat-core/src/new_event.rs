//! Making an event from what a person typed: a name, perhaps a date.

use crate::{Event, EventId, EventStatus, IdSource, Millis};

/// Longest name of an event.
const MAX_NAME_CHARS: usize = 120;
/// Events of one name: beyond it the id is a number nobody can type.
const MAX_NUMBERED: u32 = 50;

/// What a person typed.
#[derive(Debug, Clone, Default)]
pub struct NewEvent {
    /// As the studio calls it.
    pub name: String,
    /// `YYYY-MM-DD`; today when absent.
    pub date: Option<String>,
}

/// Why it cannot be an event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NewEventError {
    /// Empty, too long, or several lines.
    #[error("an event cannot have that name")]
    Name,
    /// No date of the calendar.
    #[error("{0:?} is not a date")]
    Date(String),
}

impl NewEventError {
    /// What to do.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Name => format!("use 1 to {MAX_NAME_CHARS} characters on one line"),
            Self::Date(_) => "write it as YYYY-MM-DD, for example 2026-11-21".to_owned(),
        }
    }
}

impl NewEvent {
    /// The event, open, with an id that none of `taken` has. `now` decides what today is, in this machine's time zone.
    ///
    /// # Errors
    /// Why it cannot be one.
    pub fn plan(&self, taken: &[Event], ids: &IdSource, now: Millis) -> Result<Event, NewEventError> {
        let name = self.name.trim();
        let chars = name.chars().count();
        if chars == 0 || chars > MAX_NAME_CHARS || name.chars().any(char::is_control) {
            return Err(NewEventError::Name);
        }
        let date = match &self.date {
            Some(text) => text.parse().map_err(|_why| NewEventError::Date(text.chars().take(40).collect()))?,
            None => today(now),
        };
        let id = free_id(name, taken).unwrap_or_else(|| ids.event());
        Ok(Event { id, name: name.to_owned(), date, status: EventStatus::Open, created_at: now })
    }
}

/// The civil date at `now` in this machine's time zone.
#[must_use]
pub fn today(now: Millis) -> jiff::civil::Date {
    let timestamp = jiff::Timestamp::from_millisecond(now.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    timestamp.to_zoned(jiff::tz::TimeZone::system()).date()
}

fn free_id(name: &str, taken: &[Event]) -> Option<EventId> {
    let first = EventId::from_name(name)?;
    let is_free = |id: &EventId| taken.iter().all(|event| event.id != *id);
    if is_free(&first) {
        return Some(first);
    }
    (2..=MAX_NUMBERED).filter_map(|n| format!("{first}-{n}").parse().ok()).find(is_free)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ManualClock;

    fn plan(name: &str, date: Option<&str>, taken: &[Event]) -> Result<Event, NewEventError> {
        let ids = IdSource::new(Arc::new(ManualClock::at_ms(1)));
        NewEvent { name: name.to_owned(), date: date.map(str::to_owned) }.plan(taken, &ids, Millis(1_763_733_845_007))
    }

    #[test]
    fn two_events_of_one_name_have_two_ids() {
        let first = plan("Wedding", Some("2026-11-21"), &[]).expect("an event");
        let second = plan("Wedding", None, std::slice::from_ref(&first)).expect("an event");
        assert_eq!((first.id.as_str(), second.id.as_str()), ("wedding", "wedding-2"));
    }

    #[test]
    fn a_name_that_cannot_be_typed_still_makes_an_event() {
        assert_eq!(plan("婚礼", None, &[]).expect("an event").name, "婚礼");
    }

    #[test]
    fn nonsense_is_refused_with_a_remedy() {
        assert_eq!(plan(" ", None, &[]), Err(NewEventError::Name));
        assert_eq!(plan("a\nb", None, &[]), Err(NewEventError::Name));
        let error = plan("x", Some("2026-02-30"), &[]).expect_err("no such day");
        assert!(error.remedy().contains("YYYY-MM-DD"));
    }
}
