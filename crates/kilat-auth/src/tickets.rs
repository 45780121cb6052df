//! One-time tickets: what may stand in the address of a WebSocket, since it opens the door once and soon.

use std::collections::HashMap;
use std::time::Duration;

use kilat_core::TokenHash;

use crate::Who;

/// How long a ticket may be used: a page asks for it and connects at once.
pub const TICKET_VALID: Duration = Duration::from_secs(30);
/// Tickets at once: every viewer that a server takes comes back in one storm.
const MAX_TICKETS: usize = 20_000;

/// Tickets that nobody used yet.
#[derive(Debug, Default)]
pub(crate) struct Tickets(HashMap<TokenHash, (Who, Duration)>);

impl Tickets {
    /// Whether there was room.
    pub(crate) fn add(&mut self, hash: TokenHash, who: Who, now: Duration) -> bool {
        if self.0.len() >= MAX_TICKETS {
            self.0.retain(|_, (_, ends)| *ends > now);
        }
        let has_room = self.0.len() < MAX_TICKETS;
        if has_room {
            self.0.insert(hash, (who, now + TICKET_VALID));
        }
        has_room
    }

    pub(crate) fn take(&mut self, hash: &TokenHash, now: Duration) -> Option<Who> {
        let (who, ends) = self.0.remove(hash)?;
        (ends > now).then_some(who)
    }
}

#[cfg(test)]
mod tests {
    use kilat_core::Role;

    use super::*;
    use crate::Credential;

    #[test]
    fn a_ticket_opens_once_and_soon() {
        let who = Who { role: Role::Viewer, label: "ayu".to_owned(), credential: Credential::Environment };
        let mut tickets = Tickets::default();
        let now = Duration::from_secs(100);
        let hash = crate::hash_of("ticket");
        assert!(tickets.add(hash, who.clone(), now));
        assert_eq!(tickets.take(&hash, now), Some(who.clone()));
        assert_eq!(tickets.take(&hash, now), None, "used");
        assert!(tickets.add(hash, who.clone(), now));
        assert_eq!(tickets.take(&hash, now + TICKET_VALID), None, "too late");
        for number in 0..MAX_TICKETS {
            assert!(tickets.add(crate::hash_of(&number.to_string()), who.clone(), now));
        }
        assert!(!tickets.add(hash, who.clone(), now), "no room");
        assert!(tickets.add(hash, who, now + TICKET_VALID), "room again");
    }
}
