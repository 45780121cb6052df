//! The handle that every room asks: who is this, may they do that, do they still hold what they held.
//!
//! Answers come from memory, follow the journal, and take a lock for less than a microsecond each.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use kilat_core::{
    CameraId, Clock, Fact, IdSource, Millis, Offset, Recorded, Role, Stop, Token, TokenHash, TokenId, TokenKind, User,
    UserName,
};
use kilat_journal::{Journal, JournalError};
use rand::rngs::StdRng;
use tokio::sync::{Semaphore, watch};

use crate::camera::Remembered;
use crate::codes::Codes;
use crate::secret::same;
use crate::tables::Tables;
use crate::throttle::{ACCOUNT, ADDRESS, Throttle};
use crate::tickets::Tickets;
use crate::{AccessError, NewToken, Operation, Secret, allows, fresh_salt, hash_of, hash_password, plan_token};

/// Passwords hashed at once: each takes 19 MiB and a core for some 30 ms.
const HASHING: usize = 2;
/// How late the end of a token may be noticed when the wall clock jumps.
const LOOK: Duration = Duration::from_secs(1);

/// How access is given beside what the journal knows.
#[derive(Debug, Default)]
pub struct AccessConfig {
    /// Hash of a secret of this process alone, which gives the role admin.
    pub environment: Option<TokenHash>,
    /// What callers on this machine may do without saying who they are.
    pub anonymous: Option<Role>,
}

/// By what somebody came in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Credential {
    /// A token or a session.
    Token(TokenId),
    /// A camera's user and password: it hands in, and may nothing else, whatever its role.
    Camera(CameraId),
    /// The secret of this process.
    Environment,
    /// Nothing: a caller on this machine, which the settings let in.
    Anonymous,
}

/// Somebody who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// What they are here.
    pub role: Role,
    /// The name of their account or token, for people.
    pub label: String,
    /// By what they came in.
    pub credential: Credential,
}

pub(crate) struct Inner {
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<IdSource>,
    pub(crate) config: AccessConfig,
    pub(crate) tables: RwLock<Tables>,
    pub(crate) rng: Mutex<StdRng>,
    pub(crate) codes: Mutex<Codes>,
    pub(crate) tickets: Mutex<Tickets>,
    pub(crate) addresses: Mutex<Throttle<IpAddr>>,
    pub(crate) accounts: Mutex<Throttle<String>>,
    pub(crate) hashing: Semaphore,
    pub(crate) remembered: Remembered,
    revision: watch::Sender<u64>,
}

/// Handle for every room; cheap to clone.
#[derive(Clone)]
pub struct Access(pub(crate) Arc<Inner>);

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("revision", &*self.0.revision.borrow()).finish_non_exhaustive()
    }
}

impl Access {
    /// Reads who may come in. [`Access::run`] must follow for what other processes of this handle append.
    ///
    /// # Errors
    /// The journal's.
    pub async fn open(
        journal: Journal,
        clock: Arc<dyn Clock>,
        ids: Arc<IdSource>,
        rng: StdRng,
        config: AccessConfig,
    ) -> Result<Self, JournalError> {
        let mut rng = rng;
        let remembered = Remembered::new(&mut rng);
        let mut tables = Tables::new(journal.access_tables().await?);
        tables.seek_next_end(clock.now());
        Ok(Self(Arc::new(Inner {
            journal,
            clock,
            ids,
            config,
            tables: RwLock::new(tables),
            rng: Mutex::new(rng),
            codes: Mutex::default(),
            tickets: Mutex::default(),
            addresses: Mutex::new(Throttle::new(ADDRESS)),
            accounts: Mutex::new(Throttle::new(ACCOUNT)),
            hashing: Semaphore::new(HASHING),
            remembered,
            revision: watch::Sender::new(0),
        })))
    }

    /// Follows the journal and the clock until asked to stop.
    ///
    /// # Errors
    /// The journal's.
    pub async fn run(self, stop: Stop) -> Result<(), JournalError> {
        let mut tail = self.0.journal.tail(self.tables().offset());
        let mut look = tokio::time::interval(LOOK);
        loop {
            tokio::select! {
                () = stop.asked() => return Ok(()),
                batch = tail.next() => match batch {
                    Ok(batch) => self.absorb(&batch),
                    Err(JournalError::Closed) => return Ok(()),
                    Err(error) => return Err(error),
                },
                _ = look.tick() => self.notice_ends(),
            }
        }
    }

    /// Who presents this token, if it opens the door now.
    #[must_use]
    pub fn authenticate(&self, secret: &str) -> Option<Who> {
        let hash = hash_of(secret);
        if self.0.config.environment.is_some_and(|known| same(&known, &hash)) {
            let label = "KILAT_TOKEN".to_owned();
            return Some(Who { role: Role::Admin, label, credential: Credential::Environment });
        }
        let tables = self.tables();
        let token = tables.token_with(&hash).filter(|token| !token.has_expired(self.0.clock.now()))?;
        Some(who(token))
    }

    /// Whom the settings let in without a word: callers on this machine only.
    #[must_use]
    pub fn anonymous(&self, peer: IpAddr) -> Option<Who> {
        let role = self.0.config.anonymous.filter(|_| peer.to_canonical().is_loopback())?;
        Some(Who { role, label: "this machine".to_owned(), credential: Credential::Anonymous })
    }

    /// Whether they may do this, now.
    #[must_use]
    pub fn may(&self, who: &Who, operation: Operation) -> bool {
        let is_within = match &who.credential {
            Credential::Camera(_) => operation == Operation::HandIn,
            Credential::Token(_) | Credential::Environment | Credential::Anonymous => true,
        };
        is_within && allows(who.role, operation) && self.still_holds(who)
    }

    /// Whether what they came in by still opens the door: false after it was revoked, ended, or its account removed.
    #[must_use]
    pub fn still_holds(&self, who: &Who) -> bool {
        match &who.credential {
            Credential::Token(id) => {
                let now = self.0.clock.now();
                self.tables().token(id).is_some_and(|token| !token.has_expired(now) && token.role == who.role)
            }
            Credential::Camera(id) => self.camera_may_send(id),
            Credential::Environment => self.0.config.environment.is_some(),
            Credential::Anonymous => self.0.config.anonymous == Some(who.role),
        }
    }

    /// The account that they signed in with, if they did.
    #[must_use]
    pub fn account_of(&self, who: &Who) -> Option<UserName> {
        match &who.credential {
            Credential::Token(id) => self.tables().token(id).and_then(|token| token.user.clone()),
            Credential::Camera(_) | Credential::Environment | Credential::Anonymous => None,
        }
    }

    /// Whether an account, or else a token, still lets somebody in: what was asked for by it may go on.
    #[must_use]
    pub fn lets_in(&self, account: Option<&UserName>, token: Option<&TokenId>) -> bool {
        let (tables, now) = (self.tables(), self.0.clock.now());
        match (account, token) {
            (Some(account), _) => tables.user(account).is_some(),
            (None, Some(token)) => tables.token(token).is_some_and(|token| !token.has_expired(now)),
            (None, None) => true,
        }
    }

    /// Changes whenever somebody may hold less than before: ask [`Access::still_holds`] again then.
    #[must_use]
    pub fn revision(&self) -> watch::Receiver<u64> {
        self.0.revision.subscribe()
    }

    /// When what they came in by ends; none when only a person ends it.
    #[must_use]
    pub fn ends_at(&self, who: &Who) -> Option<Millis> {
        match &who.credential {
            Credential::Token(id) => self.tables().token(id).and_then(|token| token.expires_at),
            Credential::Camera(id) => {
                self.tables().camera(id).and_then(|camera| camera.login.as_ref()).and_then(|login| login.expires_at)
            }
            Credential::Environment | Credential::Anonymous => None,
        }
    }

    /// All tokens, sessions among them, oldest first.
    #[must_use]
    pub fn tokens(&self) -> Vec<Token> {
        let mut tokens: Vec<Token> = self.tables().tokens().cloned().collect();
        tokens.sort_by(|a, b| a.id.cmp(&b.id));
        tokens
    }

    /// All accounts, by name.
    #[must_use]
    pub fn users(&self) -> Vec<User> {
        self.tables().users().cloned().collect()
    }

    /// Makes a token; its secret is told here and never again.
    ///
    /// # Errors
    /// Why not.
    pub async fn create_token(&self, new: NewToken) -> Result<(Token, Secret), AccessError> {
        let planned = plan_token(new, &self.0.ids, &mut *self.rng(), self.0.clock.now());
        let (token, secret) = planned?;
        self.append(vec![Fact::TokenCreated { token: token.clone() }]).await?;
        Ok((token, secret))
    }

    /// A name that nobody guesses: 26 letters and digits.
    #[must_use]
    pub fn unguessable(&self) -> String {
        Secret::short(&mut *self.rng()).expose().to_owned()
    }

    /// Ends a token or session, at once for every request and within a moment for every open socket.
    ///
    /// # Errors
    /// [`AccessError::NoToken`] when there is none.
    pub async fn revoke(&self, id: &TokenId) -> Result<(), AccessError> {
        if self.tables().token(id).is_none() {
            return Err(AccessError::NoToken);
        }
        self.append(vec![Fact::TokenRevoked { token: id.clone() }]).await?;
        Ok(())
    }

    /// Makes an account.
    ///
    /// # Errors
    /// Why not.
    pub async fn add_user(&self, name: UserName, role: Role, password: String) -> Result<User, AccessError> {
        if self.tables().user(&name).is_some() {
            return Err(AccessError::Taken);
        }
        let password = self.hash(password).await?;
        let user = User { name, role, password, created_at: self.0.clock.now() };
        self.append(vec![Fact::UserAdded { user: user.clone() }]).await?;
        Ok(user)
    }

    /// Gives an account another password and signs out whoever is signed in with it.
    ///
    /// # Errors
    /// Why not.
    pub async fn set_password(&self, name: &UserName, password: String) -> Result<(), AccessError> {
        if self.tables().user(name).is_none() {
            return Err(AccessError::NoUser);
        }
        let password = self.hash(password).await?;
        self.append(vec![Fact::PasswordSet { user: name.clone(), password }]).await?;
        Ok(())
    }

    /// Removes an account and signs it out everywhere.
    ///
    /// # Errors
    /// [`AccessError::NoUser`] when there is none.
    pub async fn remove_user(&self, name: &UserName) -> Result<(), AccessError> {
        if self.tables().user(name).is_none() {
            return Err(AccessError::NoUser);
        }
        self.append(vec![Fact::UserRemoved { user: name.clone() }]).await?;
        Ok(())
    }

    /// Ends every key of this machine but `keep`: those that an older data folder held.
    ///
    /// # Errors
    /// The journal's.
    pub async fn end_other_keys(&self, keep: &TokenId) -> Result<(), AccessError> {
        let others: Vec<Fact> = self
            .tables()
            .tokens()
            .filter(|token| token.kind == TokenKind::LocalKey && token.id != *keep)
            .map(|token| Fact::TokenRevoked { token: token.id.clone() })
            .collect();
        self.append(others).await?;
        Ok(())
    }

    pub(crate) async fn hash(&self, password: String) -> Result<kilat_core::PasswordHash, AccessError> {
        let salt = fresh_salt(&mut *self.rng());
        self.off_the_runtime(move || hash_password(&password, salt)).await?
    }

    /// Runs what keeps a core busy, a few at a time.
    pub(crate) async fn off_the_runtime<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccessError> {
        // The semaphore is never closed, and a panic of hashing is a defect that must be seen.
        let _permit = self.0.hashing.acquire().await;
        tokio::task::spawn_blocking(work).await.map_err(|error| {
            tracing::error!(%error, "hashing a password failed");
            AccessError::Password("it cannot be hashed; please report this")
        })
    }

    /// Records, and knows it by the time this returns.
    pub(crate) async fn append(&self, facts: Vec<Fact>) -> Result<(), JournalError> {
        if facts.is_empty() {
            return Ok(());
        }
        let recorded = self.0.journal.append(facts).await?;
        let Some(last) = recorded.last() else { return Ok(()) };
        // In order with what others appended: a token must not outlive its end by being learnt late.
        let mut tail = self.0.journal.tail(self.tables().offset());
        while self.tables().offset() < last.offset {
            let batch = tail.next().await?;
            self.absorb(&batch);
        }
        Ok(())
    }

    fn absorb(&self, records: &[Recorded]) {
        let change = self.0.tables.write().unwrap_or_else(PoisonError::into_inner).absorb(records);
        if change.took_away {
            self.bump();
        }
    }

    fn notice_ends(&self) {
        let now = self.0.clock.now();
        if self.tables().next_end().is_none_or(|at| at > now) {
            return;
        }
        self.0.tables.write().unwrap_or_else(PoisonError::into_inner).seek_next_end(now);
        self.bump();
    }

    fn bump(&self) {
        self.0.revision.send_modify(|revision| *revision += 1);
    }

    /// The offset up to which this handle knows the journal.
    #[must_use]
    pub fn offset(&self) -> Offset {
        self.tables().offset()
    }

    pub(crate) fn tables(&self) -> RwLockReadGuard<'_, Tables> {
        self.0.tables.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn rng(&self) -> MutexGuard<'_, StdRng> {
        self.0.rng.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who holds a token.
pub(crate) fn who(token: &Token) -> Who {
    let label = token.user.as_ref().map_or_else(|| token.name.clone(), ToString::to_string);
    Who { role: token.role, label, credential: Credential::Token(token.id.clone()) }
}

#[cfg(test)]
mod tests;
