//! What a change of who may come in records: the same with a running server and on a data folder alone.

use kilat_core::{Fact, IdSource, Millis, Role, Token, TokenKind, UserName};
use kilat_journal::MAX_SESSIONS;
use rand::RngCore;

use crate::{AccessError, Secret};

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is for.
    pub kind: TokenKind,
    /// As people will know it.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// The account that signs in.
    pub user: Option<UserName>,
    /// When it ends.
    pub expires_at: Option<Millis>,
}

/// The token as it is recorded, and its secret, which nobody will tell again.
///
/// # Errors
/// When its name or its end cannot be.
pub fn plan_token(
    new: NewToken,
    ids: &IdSource,
    rng: &mut impl RngCore,
    now: Millis,
) -> Result<(Token, Secret), AccessError> {
    if !Token::is_name(&new.name) {
        return Err(AccessError::Name);
    }
    if new.expires_at.is_some_and(|at| at <= now) {
        return Err(AccessError::Past);
    }
    let secret = Secret::token(rng);
    let NewToken { kind, name, role, user, expires_at } = new;
    let token = Token { id: ids.token(), kind, name, role, user, hash: secret.hash(), created_at: now, expires_at };
    Ok((token, secret))
}

/// What must go so that another session fits: those that have ended, else the one that ends first.
pub fn make_room<'a>(tokens: impl Iterator<Item = &'a Token>, now: Millis) -> Vec<Fact> {
    let mut sessions: Vec<_> = tokens.filter(|token| token.kind == TokenKind::Session).collect();
    if sessions.len() < MAX_SESSIONS {
        return Vec::new();
    }
    sessions.sort_by_key(|token| token.expires_at);
    let ended = sessions.iter().filter(|token| token.has_expired(now)).count();
    // A tenth at a time keeps one append small.
    let going = ended.clamp(1, MAX_SESSIONS / 10);
    sessions.iter().take(going).map(|token| Fact::TokenRevoked { token: token.id.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kilat_core::ManualClock;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn session(ids: &IdSource, rng: &mut StdRng, expires_at: i64) -> Token {
        let new = NewToken {
            kind: TokenKind::Session,
            name: "link".to_owned(),
            role: Role::Viewer,
            user: None,
            expires_at: Some(Millis(expires_at)),
        };
        plan_token(new, ids, rng, Millis(1)).expect("a session").0
    }

    #[test]
    fn sessions_that_ended_make_room_before_those_that_have_not() {
        let ids = IdSource::new(Arc::new(ManualClock::at_ms(1)));
        let mut rng = StdRng::seed_from_u64(1);
        let mut all: Vec<Token> =
            (0..MAX_SESSIONS).map(|number| session(&ids, &mut rng, 1_000 + number as i64)).collect();
        assert!(make_room(all[1..].iter(), Millis(10)).is_empty(), "there is room");
        let gone = make_room(all.iter(), Millis(10));
        assert_eq!(gone, [Fact::TokenRevoked { token: all[0].id.clone() }]);
        let gone = make_room(all.iter(), Millis(1_004));
        assert_eq!(gone.len(), 5);
        all.truncate(1);
        assert!(make_room(all.iter(), Millis(i64::MAX)).is_empty());
    }

    #[test]
    fn a_token_has_a_name_for_people_and_an_end_that_lies_ahead() {
        let ids = IdSource::new(Arc::new(ManualClock::at_ms(1)));
        let mut rng = StdRng::seed_from_u64(1);
        let new = |name: &str, expires_at| NewToken {
            kind: TokenKind::Program,
            name: name.to_owned(),
            role: Role::Agent,
            user: None,
            expires_at,
        };
        let mut plan = |new| plan_token(new, &ids, &mut rng, Millis(10));
        assert!(matches!(plan(new("", None)), Err(AccessError::Name)));
        assert!(matches!(plan(new("a\nb", None)), Err(AccessError::Name)));
        assert!(matches!(plan(new("a", Some(Millis(10)))), Err(AccessError::Past)));
        let (token, secret) = plan(new("gallery", Some(Millis(11)))).expect("a token");
        assert_eq!(token.hash, secret.hash());
    }
}
