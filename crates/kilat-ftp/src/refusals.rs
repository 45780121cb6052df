//! Sign-ins that were refused and connections that were ended: the first of each kind is told at once, the others are
//! counted, in a sentence a minute.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Refused;

/// Users and addresses that are counted apart in a minute; whoever tries more is counted as one.
const MOST: usize = 64;
/// Of whatever somebody typed.
const MAX_USER_CHARS: usize = 64;

/// Who tried, and why not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Who {
    user: String,
    from: IpAddr,
    why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    Wrong,
    Throttled,
    Failed,
    /// It sent a line without an end.
    Endless,
}

impl Why {
    fn words(self) -> &'static str {
        match self {
            Self::Wrong => "the user or the password is wrong, or its time is over",
            Self::Throttled => "too many before them failed",
            Self::Failed => "who it is could not be asked",
            Self::Endless => "a line had no end",
        }
    }
}

#[derive(Debug, Default)]
struct Counts {
    each: BTreeMap<Who, u64>,
    others: u64,
}

/// Since they were told last.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<Counts>);

impl Refusals {
    /// What to say at once, if anything.
    pub(crate) fn refused(&self, user: &str, from: IpAddr, refused: Refused) -> Option<String> {
        let user: String = user.chars().filter(|c| !c.is_control()).take(MAX_USER_CHARS).collect();
        let (why, said) = match refused {
            Refused::Wrong => (
                Why::Wrong,
                format!(
                    "{user:?} was not let in: the user or the password is wrong, or its time is over; \
                     kilat camera list shows the users, kilat camera add makes a new password"
                ),
            ),
            Refused::Throttled { retry_after } => (
                Why::Throttled,
                format!(
                    "{user:?} failed to sign in too often and is not looked at for {} s; \
                     cameras that are signed in are not slowed",
                    retry_after.as_secs().max(1)
                ),
            ),
            Refused::Failed => (Why::Failed, format!("who {user:?} is could not be asked; it may try again")),
        };
        self.count(Who { user, from, why }).then_some(said)
    }

    /// The same of a connection that was ended because of a line without an end.
    pub(crate) fn ended(&self, name: &str, from: IpAddr) -> Option<String> {
        let said = format!("{name} sent a line without an end, as no camera does: the connection is ended");
        self.count(Who { user: name.to_owned(), from, why: Why::Endless }).then_some(said)
    }

    /// Whether it is the first since it was told.
    fn count(&self, who: Who) -> bool {
        let mut counts = self.lock();
        if let Some(more) = counts.each.get_mut(&who) {
            *more += 1;
            return false;
        }
        if counts.each.len() >= MOST {
            counts.others += 1;
            return false;
        }
        counts.each.insert(who, 0);
        true
    }

    /// A sentence of each that was refused again since it was told.
    pub(crate) fn news(&self) -> Vec<String> {
        let Counts { each, others } = std::mem::take(&mut *self.lock());
        let again = each.into_iter().filter(|(_, more)| *more > 0).map(|(Who { user, from, why }, more)| {
            let (plural, were) = if more == 1 { ("", "was") } else { ("s", "were") };
            match why {
                Why::Wrong | Why::Throttled | Why::Failed => format!(
                    "{more} more sign-in{plural} as {user:?} from {from} {were} refused in the last minute: {}",
                    why.words()
                ),
                Why::Endless => format!(
                    "{more} more connection{plural} of {user} from {from} {were} ended in the last minute: {}",
                    why.words()
                ),
            }
        });
        let others = (others > 0)
            .then(|| format!("{others} sign-ins as many others were refused in the last minute: somebody tries names"));
        again.chain(others).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn two_hundred_refusals_are_a_line_at_once_and_a_sentence_a_minute() {
        let refusals = Refusals::default();
        let from: IpAddr = "10.0.0.7".parse().expect("an address");
        let first = refusals.refused("z9", from, Refused::Wrong).expect("it is told at once");
        assert!(first.starts_with("\"z9\" was not let in"), "{first}");
        for _ in 0..199 {
            assert_eq!(refusals.refused("z9", from, Refused::Wrong), None);
        }
        let slowed = Refused::Throttled { retry_after: Duration::from_secs(9) };
        assert!(refusals.refused("z9\r\nline", from, slowed).is_some_and(|said| said.starts_with("\"z9line\" failed")));
        assert_eq!(
            refusals.news(),
            ["199 more sign-ins as \"z9\" from 10.0.0.7 were refused in the last minute: \
                 the user or the password is wrong, or its time is over"]
        );
        assert_eq!(refusals.news(), Vec::<String>::new());
        assert!(refusals.refused("z9", from, Refused::Wrong).is_some(), "a new minute");
    }

    #[test]
    fn connections_that_are_ended_are_counted_as_well() {
        let refusals = Refusals::default();
        let from: IpAddr = "10.0.0.7".parse().expect("an address");
        let first = refusals.ended("Z9 of Budi", from).expect("it is told at once");
        assert!(first.starts_with("Z9 of Budi sent a line without an end"), "{first}");
        assert_eq!(refusals.ended("Z9 of Budi", from), None);
        let news = refusals.news();
        assert!(news[0].starts_with("1 more connection of Z9 of Budi from 10.0.0.7 was ended"), "{news:?}");
    }

    #[test]
    fn whoever_tries_every_name_fills_no_memory_and_no_log() {
        let refusals = Refusals::default();
        let from: IpAddr = "10.0.0.7".parse().expect("an address");
        let told = (0..1_000).filter(|n| refusals.refused(&format!("user{n}"), from, Refused::Wrong).is_some()).count();
        assert_eq!(told, MOST);
        let news = refusals.news();
        assert_eq!(news.len(), 1, "{news:?}");
        assert!(news[0].starts_with("936 sign-ins as many others"), "{news:?}");
    }
}
