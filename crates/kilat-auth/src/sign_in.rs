//! Signing in: by a link's code or by name and password; out; and tickets for the WebSocket.
//!
//! What was wrong is never told, and both ways cost the same time.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kilat_core::{Fact, Millis, Role, TokenKind, UserName};

use crate::access::who;
use crate::password::is_password;
use crate::{Access, AccessError, Credential, NewToken, Secret, SignInError, Who, hash_of, make_room, plan_token};

/// How long a sign-in link may be used.
pub const CODE_VALID: Duration = Duration::from_secs(15 * 60);
/// How often: the phones of a small team, or one that loads the page twice.
pub const CODE_USES: u32 = 5;
/// How long a browser stays signed in after it was last used.
pub const SESSION_VALID: Duration = Duration::from_secs(30 * 24 * 3_600);
/// A session that was used is renewed at most this often: each renewal is a fact.
const RENEW_EVERY: Duration = Duration::from_secs(24 * 3_600);

/// Somebody who just signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// Who.
    pub who: Who,
    /// What the browser presents from now on.
    pub secret: Secret,
    /// When it ends.
    pub expires_at: Millis,
}

impl Access {
    /// A code for a sign-in link, which gives this role.
    #[must_use]
    pub fn link_code(&self, role: Role) -> Secret {
        let code = Secret::short(&mut *self.rng());
        held(&self.0.codes).add(code.hash(), role, CODE_USES, self.0.clock.monotonic(), CODE_VALID);
        code
    }

    /// Signs in by a link's code.
    ///
    /// # Errors
    /// Why not.
    pub async fn sign_in_by_code(&self, code: &str, from: IpAddr) -> Result<SignedIn, SignInError> {
        let (now, from) = (self.0.clock.monotonic(), network(from));
        held(&self.0.addresses).pay(&from, now).map_err(|retry_after| SignInError::Throttled { retry_after })?;
        let used = held(&self.0.codes).use_once(&hash_of(code), now);
        let Some(role) = used else { return Err(SignInError::Code) };
        held(&self.0.addresses).pay_back(&from);
        self.begin_session(format!("link ({role})"), role, None).await
    }

    /// Signs in by name and password.
    ///
    /// # Errors
    /// Why not.
    pub async fn sign_in_by_password(
        &self,
        name: &str,
        password: String,
        from: IpAddr,
    ) -> Result<SignedIn, SignInError> {
        let (now, from) = (self.0.clock.monotonic(), network(from));
        // Names of nobody are slowed like names of somebody.
        let account: String = name.chars().take(64).collect();
        let throttled = |retry_after| SignInError::Throttled { retry_after };
        held(&self.0.addresses).pay(&from, now).map_err(throttled)?;
        held(&self.0.accounts).pay(&account, now).map_err(throttled)?;
        let user = name.parse::<UserName>().ok().and_then(|name| self.tables().user(&name).cloned());
        let known = user.as_ref().map(|user| user.password.clone());
        let is_right = self.off_the_runtime(move || is_password(&password, known.as_ref())).await.unwrap_or(false);
        let Some(user) = user.filter(|_| is_right) else { return Err(SignInError::Password) };
        held(&self.0.addresses).pay_back(&from);
        held(&self.0.accounts).pay_back(&account);
        self.begin_session(user.name.to_string(), user.role, Some(user.name)).await
    }

    /// Lets a session that was used go on; its new end, when it got one. Sessions of an hour ago need none.
    ///
    /// # Errors
    /// The journal's.
    pub async fn renew(&self, who: &Who) -> Result<Option<Millis>, AccessError> {
        let Credential::Token(id) = &who.credential else { return Ok(None) };
        let expires_at = self.0.clock.now().plus(SESSION_VALID);
        let is_due = self.tables().token(id).is_some_and(|token| {
            let renewed_at = token.expires_at.map_or(i64::MAX, |at| at.plus(RENEW_EVERY).0);
            token.kind == TokenKind::Session && renewed_at <= expires_at.0
        });
        if !is_due {
            return Ok(None);
        }
        self.append(vec![Fact::TokenRenewed { token: id.clone(), expires_at }]).await?;
        Ok(Some(expires_at))
    }

    /// Ends a session. Tokens of programs are an admin's to revoke.
    ///
    /// # Errors
    /// The journal's.
    pub async fn sign_out(&self, who: &Who) -> Result<(), AccessError> {
        let Credential::Token(id) = &who.credential else { return Ok(()) };
        let is_session = self.tables().token(id).is_some_and(|token| token.kind == TokenKind::Session);
        if is_session {
            self.append(vec![Fact::TokenRevoked { token: id.clone() }]).await?;
        }
        Ok(())
    }

    /// A ticket that opens one WebSocket for them, soon.
    ///
    /// # Errors
    /// [`AccessError::Busy`] when too many wait.
    pub fn ticket(&self, who: &Who) -> Result<Secret, AccessError> {
        let ticket = Secret::short(&mut *self.rng());
        let has_room = held(&self.0.tickets).add(ticket.hash(), who.clone(), self.0.clock.monotonic());
        if has_room { Ok(ticket) } else { Err(AccessError::Busy) }
    }

    /// Whose ticket this is; it opens nothing from now on.
    #[must_use]
    pub fn redeem(&self, ticket: &str) -> Option<Who> {
        let who = held(&self.0.tickets).take(&hash_of(ticket), self.0.clock.monotonic())?;
        self.still_holds(&who).then_some(who)
    }

    async fn begin_session(&self, name: String, role: Role, user: Option<UserName>) -> Result<SignedIn, SignInError> {
        let now = self.0.clock.now();
        let expires_at = now.plus(SESSION_VALID);
        let new = NewToken { kind: TokenKind::Session, name, role, user, expires_at: Some(expires_at) };
        let planned = plan_token(new, &self.0.ids, &mut *self.rng(), now);
        // Its parts are ours: it can only be refused by a clock at the end of time.
        let (token, secret) = planned.map_err(|_why| SignInError::Code)?;
        let mut facts = make_room(self.tables().tokens(), now);
        let who = who(&token);
        facts.push(Fact::TokenCreated { token });
        self.append(facts).await?;
        Ok(SignedIn { who, secret, expires_at })
    }
}

/// What counts as one address: with IPv6 a whole network is one customer's.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

pub(crate) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
