//! Tokens and accounts in memory, as the journal's facts leave them: what every request is judged by.
//!
//! A batch may come twice, from the tail and from whoever appended; facts up to `offset` are known
//! already and passed over.

use std::collections::{BTreeMap, HashMap};

use kilat_core::{
    CameraFact, CameraId, CameraKind, Fact, KnownCamera, Millis, Offset, Recorded, Token, TokenHash, TokenId, User,
    UserName,
};
use kilat_journal::AccessTables;

/// What a batch changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Change {
    /// Somebody may hold less than before.
    pub(crate) took_away: bool,
}

#[derive(Debug)]
pub(crate) struct Tables {
    offset: Offset,
    tokens: HashMap<TokenId, Token>,
    by_hash: HashMap<TokenHash, TokenId>,
    users: BTreeMap<UserName, User>,
    /// Those that sign in.
    cameras: BTreeMap<CameraId, KnownCamera>,
    next_end: Option<Millis>,
}

impl Tables {
    pub(crate) fn new(tables: AccessTables) -> Self {
        let mut new = Self {
            offset: tables.offset,
            tokens: HashMap::new(),
            by_hash: HashMap::new(),
            users: tables.users.into_iter().map(|user| (user.name.clone(), user)).collect(),
            cameras: tables.cameras.into_iter().filter(signs_in).map(|camera| (camera.id.clone(), camera)).collect(),
            next_end: None,
        };
        for token in tables.tokens {
            new.insert(token);
        }
        new
    }

    pub(crate) fn offset(&self) -> Offset {
        self.offset
    }

    pub(crate) fn token(&self, id: &TokenId) -> Option<&Token> {
        self.tokens.get(id)
    }

    pub(crate) fn token_with(&self, hash: &TokenHash) -> Option<&Token> {
        self.by_hash.get(hash).and_then(|id| self.tokens.get(id))
    }

    pub(crate) fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.tokens.values()
    }

    pub(crate) fn user(&self, name: &UserName) -> Option<&User> {
        self.users.get(name)
    }

    pub(crate) fn users(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    pub(crate) fn camera(&self, id: &CameraId) -> Option<&KnownCamera> {
        self.cameras.get(id)
    }

    pub(crate) fn cameras(&self) -> impl Iterator<Item = &KnownCamera> {
        self.cameras.values()
    }

    /// When a token ends next, of those that had not ended by then.
    pub(crate) fn next_end(&self) -> Option<Millis> {
        self.next_end
    }

    /// Looks for the next end after `now`.
    pub(crate) fn seek_next_end(&mut self, now: Millis) {
        self.next_end = self.tokens.values().filter_map(|token| token.expires_at).filter(|at| *at > now).min();
    }

    /// Follows the journal.
    pub(crate) fn absorb(&mut self, records: &[Recorded]) -> Change {
        let mut change = Change::default();
        for Recorded { offset, fact, .. } in records {
            if *offset <= self.offset {
                continue;
            }
            self.offset = *offset;
            change.took_away |= self.follow(fact);
        }
        change
    }

    /// Whether the fact took something away from somebody.
    fn follow(&mut self, fact: &Fact) -> bool {
        match fact {
            Fact::TokenCreated { token } => {
                self.insert(token.clone());
                false
            }
            Fact::TokenRenewed { token, expires_at } => {
                if let Some(token) = self.tokens.get_mut(token) {
                    token.expires_at = Some(*expires_at);
                    self.next_end = earlier(self.next_end, Some(*expires_at));
                }
                false
            }
            Fact::TokenRevoked { token } => {
                self.remove(token);
                true
            }
            Fact::UserAdded { user } => {
                self.users.insert(user.name.clone(), user.clone());
                false
            }
            Fact::PasswordSet { user, password } => {
                self.remove_of(user);
                if let Some(user) = self.users.get_mut(user) {
                    user.password = password.clone();
                }
                true
            }
            Fact::UserRemoved { user } => {
                self.remove_of(user);
                self.users.remove(user);
                true
            }
            Fact::Camera(fact) => self.follow_camera(fact),
            Fact::EventCreated { .. }
            | Fact::EventUsed { .. }
            | Fact::Published { .. }
            | Fact::EventClosed { .. }
            | Fact::SourceAdded { .. }
            | Fact::SourceRemoved { .. }
            | Fact::SourceOnline { .. }
            | Fact::SourceOffline { .. }
            | Fact::DestinationAdded { .. }
            | Fact::DestinationRemoved { .. }
            | Fact::DestinationMarked { .. }
            | Fact::DestinationUp { .. }
            | Fact::DestinationDown { .. }
            | Fact::ArrivalSeen { .. }
            | Fact::ArrivalFailed { .. }
            | Fact::ArrivalForgotten { .. }
            | Fact::PhotoFiled { .. }
            | Fact::PhotoSeenAgain { .. }
            | Fact::CopyStored { .. }
            | Fact::CopyFailed { .. }
            | Fact::RetryAsked { .. }
            | Fact::UploadsPaused
            | Fact::UploadsResumed
            | Fact::SettingsChanged { .. }
            | Fact::NoticeRaised { .. }
            | Fact::Backup(_)
            | Fact::Restore(_)
            | Fact::Notice { .. } => false,
        }
    }

    /// The same of cameras.
    fn follow_camera(&mut self, fact: &CameraFact) -> bool {
        match fact {
            CameraFact::Added { camera } if signs_in(camera) => {
                self.cameras.insert(camera.id.clone(), camera.clone());
                false
            }
            CameraFact::Added { camera: KnownCamera { id, .. } } | CameraFact::Removed { camera: id } => {
                self.cameras.remove(id).is_some()
            }
            CameraFact::Changed { .. }
            | CameraFact::Listed { .. }
            | CameraFact::Unlisted { .. }
            | CameraFact::Offered { .. }
            | CameraFact::ImportAsked { .. }
            | CameraFact::ImportBegan { .. }
            | CameraFact::ImportEnded { .. }
            | CameraFact::ClockSeen { .. } => false,
        }
    }

    fn insert(&mut self, token: Token) {
        self.next_end = earlier(self.next_end, token.expires_at);
        self.by_hash.insert(token.hash, token.id.clone());
        self.tokens.insert(token.id.clone(), token);
    }

    fn remove(&mut self, id: &TokenId) {
        if let Some(token) = self.tokens.remove(id) {
            self.by_hash.remove(&token.hash);
        }
    }

    fn remove_of(&mut self, user: &UserName) {
        let theirs: Vec<TokenId> =
            self.tokens().filter(|token| token.user.as_ref() == Some(user)).map(|token| token.id.clone()).collect();
        for id in &theirs {
            self.remove(id);
        }
    }
}

fn signs_in(camera: &KnownCamera) -> bool {
    camera.kind == CameraKind::Sender && camera.login.is_some()
}

fn earlier(a: Option<Millis>, b: Option<Millis>) -> Option<Millis> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
