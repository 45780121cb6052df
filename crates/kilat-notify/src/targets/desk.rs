//! All targets: those of the settings and those that an operator added; asked how they are, and tried.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kilat_auth::{SealError, Sealer, Secrets};
use kilat_core::{Clock, Notice, NoticeStanding, Offset, Priority, Said, Stop};
use kilat_journal::{Journal, JournalError, Note};
use zeroize::Zeroizing;

use super::config::{ConfigError, MAX_TARGETS, SIGNING_KEY, Target, TargetKind};
use super::crew::{Crew, Member};
use super::heartbeat::beat;
use super::request::request;
use super::send::{Network, Sender, Verdict};
use super::sign::WebhookSecret;
use super::telling::{Telling, Why};
use super::worker::{Follower, OnGone, TargetState, follow};

/// Begins the names of the notes that hold targets which an operator added.
const ADDED: &str = "notify:";

/// A secret of the environment, by target and field.
pub type Environment = Box<dyn Fn(&str, &str) -> Option<Zeroizing<String>> + Send + Sync>;

/// What the targets are made of.
pub struct TargetsConfig {
    /// Those of the settings, [checked](Target::check_all).
    pub named: Vec<Target>,
    /// Seals the secrets of those that an operator added.
    pub sealer: Sealer,
    /// Where secrets stand too; it goes before what was sealed.
    pub environment: Environment,
}

impl std::fmt::Debug for TargetsConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TargetsConfig").field("named", &self.named).finish_non_exhaustive()
    }
}

/// Why an operator's wish was not done.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A secret is missing, unknown, or cannot be one.
    #[error("{0}")]
    Secret(String),
    /// Another one has the name.
    #[error("there is another target {0}")]
    Taken(String),
    /// The settings name it.
    #[error("{0} is named by the settings, not by an operator")]
    OfSettings(String),
    /// No such target.
    #[error("there is no target {0:?}")]
    Unknown(String),
    /// It is being tried already.
    #[error("{0} is being tried already")]
    Busy(String),
    /// It did not take it.
    #[error("{name} was not told: {what}")]
    Failed {
        /// Which.
        name: String,
        /// What happened.
        what: String,
        /// What to do.
        remedy: String,
    },
    /// Its secrets cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The journal cannot be used.
    #[error("cannot {0}")]
    Journal(#[from] JournalError),
}

impl TargetError {
    /// What to do.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Config(_) | Self::Secret(_) => "docs/notifications.md shows a target of each kind".to_owned(),
            Self::Taken(_) => "choose another name, or remove the other one first".to_owned(),
            Self::OfSettings(_) => "take it out of kilat.toml and start Kilat again".to_owned(),
            Self::Unknown(_) => "kilat notify list names them all".to_owned(),
            Self::Busy(_) => "wait for the end of that trial".to_owned(),
            Self::Failed { remedy, .. } => remedy.clone(),
            Self::Seal(_) => "look at the file seal.key in the data folder".to_owned(),
            Self::Journal(_) => "kilat doctor tells more".to_owned(),
        }
    }
}

/// A target with how it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetView {
    /// As it was named.
    pub target: Target,
    /// Whether the settings name it.
    pub is_of_settings: bool,
    /// How it goes.
    pub state: TargetState,
    /// Notices that were raised since its place, while it fails.
    pub waiting: u64,
}

/// Somebody who is told, and who named it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    target: Target,
    is_of_settings: bool,
}

struct Inner {
    crew: Crew<Named>,
    secrets: Mutex<BTreeMap<String, Secrets>>,
    sealer: Sealer,
    environment: Environment,
    sender: Sender,
    clock: Arc<dyn Clock>,
    journal: Journal,
    /// One change at a time.
    changing: tokio::sync::Mutex<()>,
}

/// The targets; cheap to clone.
#[derive(Clone)]
pub struct Targets(Arc<Inner>);

impl std::fmt::Debug for Targets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Targets")
    }
}

impl Targets {
    /// Reads which there are and how far each has come.
    ///
    /// # Errors
    /// When the journal can be neither read nor written.
    pub async fn open(config: TargetsConfig, journal: Journal, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        let mut named: BTreeMap<String, Named> = BTreeMap::new();
        for (name, value) in journal.notes(ADDED).await? {
            match serde_json::from_str(&value) {
                Ok(target) => {
                    named.insert(name, Named { target, is_of_settings: false });
                }
                Err(error) => tracing::warn!(%error, target_name = name, "a target cannot be read"),
            }
        }
        for target in config.named {
            named.insert(target.name.clone(), Named { target, is_of_settings: true });
        }
        let sealed = journal.secrets().await?;
        let (mut members, mut secrets) = (BTreeMap::new(), BTreeMap::new());
        for (name, what) in named {
            let opened = sealed.get(&about(&name)).map(|sealed| config.sealer.open(&about(&name), sealed));
            match opened {
                Some(Ok(opened)) => {
                    secrets.insert(name.clone(), opened);
                }
                // Without them its calls fail, and say which are missing.
                Some(Err(error)) => tracing::warn!(%error, target_name = name, "the secrets of a target are lost"),
                None => {}
            }
            let follower = Follower::open(&name, true, &journal).await?;
            members.insert(name, Member::new(what, follower));
        }
        Ok(Self(Arc::new(Inner {
            crew: Crew::new(members),
            secrets: Mutex::new(secrets),
            sealer: config.sealer,
            environment: config.environment,
            sender: Sender::new(Network::House),
            clock,
            journal,
            changing: tokio::sync::Mutex::new(()),
        })))
    }

    /// Tells them all until it is asked to stop, each on a task of its own.
    ///
    /// # Errors
    /// When the journal can be neither read nor written.
    pub async fn run(self, stop: Stop) -> Result<(), JournalError> {
        let work = |_name: String, member: Member<Named>, stop: Stop| serve(Arc::clone(&self.0), member, stop);
        self.0.crew.run(stop, work).await
    }

    /// Every target with how it goes.
    ///
    /// # Errors
    /// A read error.
    pub async fn all(&self) -> Result<Vec<TargetView>, JournalError> {
        let mut views = Vec::new();
        for (_, member) in self.0.crew.all() {
            views.push(self.0.view(&member).await?);
        }
        Ok(views)
    }

    /// Adds a target. It is told first that all is well, unless that was not wanted; one that does not take it
    /// is not added. Answers the signing key of a webhook that was given none.
    ///
    /// # Errors
    /// When it cannot be added as it was asked for.
    pub async fn add(
        &self,
        target: Target,
        mut secrets: Secrets,
        first_test: bool,
    ) -> Result<(TargetView, Option<Zeroizing<String>>), TargetError> {
        target.check()?;
        let _alone = self.0.changing.lock().await;
        if self.0.crew.get(&target.name).is_some() {
            return Err(TargetError::Taken(target.name));
        }
        if self.0.crew.all().len() >= MAX_TARGETS {
            return Err(ConfigError::TooMany.into());
        }
        let made = self.0.complete(&target, &mut secrets)?;
        if first_test {
            let given = self.0.with_environment(&target, secrets.clone());
            self.0.outcome(&target.name, self.0.call(&target, &self.0.trial(&target.name), &given).await)?;
        }
        let name = target.name.clone();
        if !secrets.is_empty() {
            // Before the note: a target that is known has its secrets, also after a crash in between.
            let sealed = self.0.sealer.seal(&about(&name), &secrets)?;
            self.0.journal.set_secrets(&about(&name), Some(sealed)).await?;
        }
        // Plain data with text keys: serialising it cannot fail.
        let note = Note::new(format!("{ADDED}{name}"), serde_json::to_string(&target).unwrap_or_default());
        self.0.journal.append_noting(Vec::new(), vec![note]).await?;
        self.0.secrets().insert(name.clone(), secrets);
        let follower = Follower::open(&name, true, &self.0.journal).await?;
        let member = Member::new(Named { target, is_of_settings: false }, follower);
        self.0.crew.put(name, member.clone());
        Ok((self.0.view(&member).await?, made))
    }

    /// Tells a target nothing any more, and forgets its secrets.
    ///
    /// # Errors
    /// When the settings name it, or nothing has the name.
    pub async fn remove(&self, name: &str) -> Result<(), TargetError> {
        let _alone = self.0.changing.lock().await;
        let member = self.0.find(name)?;
        if member.what.is_of_settings {
            return Err(TargetError::OfSettings(name.to_owned()));
        }
        member.follower.forget(format!("{ADDED}{name}"), &self.0.journal).await?;
        self.0.journal.set_secrets(&about(name), None).await?;
        self.0.crew.take(name);
        self.0.secrets().remove(name);
        Ok(())
    }

    /// Tells a target that all is well, now and past its queue; what waits there is tried again too. Answers how
    /// long it took.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn try_out(&self, name: &str) -> Result<Duration, TargetError> {
        let member = self.0.find(name)?;
        let _turn = member.trial.try_acquire().map_err(|_busy| TargetError::Busy(name.to_owned()))?;
        let began = self.0.clock.monotonic();
        let target = &member.what.target;
        let secrets = self.0.secrets_of(target);
        self.0.outcome(name, self.0.call(target, &self.0.trial(name), &secrets).await)?;
        member.follower.kick.notify_one();
        Ok(self.0.clock.monotonic().saturating_sub(began))
    }
}

/// One target's task.
async fn serve(inner: Arc<Inner>, member: Member<Named>, stop: Stop) -> Result<(), JournalError> {
    let target = member.what.target;
    if !target.is_enabled {
        stop.asked().await;
        return Ok(());
    }
    let (journal, clock) = (inner.journal.clone(), Arc::clone(&inner.clock));
    if let TargetKind::Heartbeat { every_s, .. } = &target.kind {
        let every = Duration::from_secs(*every_s);
        let call = || {
            let (inner, target) = (Arc::clone(&inner), target.clone());
            async move { inner.call(&target, &inner.trial(&target.name), &inner.secrets_of(&target)).await }
        };
        return beat(member.follower, every, (journal, clock), stop, call).await;
    }
    let tell = |telling: Telling| {
        let (inner, target) = (Arc::clone(&inner), target.clone());
        let is_meant = telling.is_for(&target);
        is_meant.then_some(async move { inner.call(&target, &telling, &inner.secrets_of(&target)).await })
    };
    follow(member.follower, journal, clock, stop, OnGone::TryAgain, tell).await.map(|_| ())
}

/// What its sealed secrets are about.
fn about(name: &str) -> String {
    format!("target:{name}")
}

impl Inner {
    fn secrets(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Secrets>> {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, name: &str) -> Result<Member<Named>, TargetError> {
        self.crew.get(name).ok_or_else(|| TargetError::Unknown(name.chars().take(64).collect()))
    }

    fn secrets_of(&self, target: &Target) -> Secrets {
        let sealed = self.secrets().get(&target.name).cloned().unwrap_or_default();
        self.with_environment(target, sealed)
    }

    fn with_environment(&self, target: &Target, mut secrets: Secrets) -> Secrets {
        for field in target.kind.secrets() {
            if let Some(value) = (self.environment)(&target.name, field.name) {
                secrets.insert(field.name.to_owned(), value);
            }
        }
        secrets
    }

    /// Checks the secrets of a new target; a webhook without a key gets one.
    fn complete(&self, target: &Target, secrets: &mut Secrets) -> Result<Option<Zeroizing<String>>, TargetError> {
        let fields = target.kind.secrets();
        if let Some(unknown) = secrets.keys().find(|name| !fields.iter().any(|field| field.name == name.as_str())) {
            return Err(TargetError::Secret(format!("a target of this kind has no secret {unknown:?}")));
        }
        let mut made = None;
        let whole = self.with_environment(target, secrets.clone());
        for field in fields.iter().filter(|field| field.is_required && !whole.contains_key(field.name)) {
            if field.name != SIGNING_KEY {
                return Err(TargetError::Secret(format!("the secret {} of {} is missing", field.name, target.name)));
            }
            let key = WebhookSecret::make()
                .map_err(|_why| TargetError::Secret("the system gives no random numbers".to_owned()))?;
            secrets.insert(SIGNING_KEY.to_owned(), key.clone());
            made = Some(key);
        }
        let key = whole.get(SIGNING_KEY).map(|key| WebhookSecret::parse(key)).transpose();
        key.map_err(|error| TargetError::Secret(error.to_string()))?;
        Ok(made)
    }

    async fn view(&self, member: &Member<Named>) -> Result<TargetView, JournalError> {
        let (state, Named { target, is_of_settings }) = (member.follower.state(), member.what.clone());
        let is_queue = target.is_enabled && !matches!(target.kind, TargetKind::Heartbeat { .. });
        let waiting = match is_queue && state.attempts > 0 {
            true => self.journal.notices_since(Offset(state.place)).await?,
            false => 0,
        };
        Ok(TargetView { target, is_of_settings, state, waiting })
    }

    fn trial(&self, name: &str) -> Telling {
        let now = self.clock.now();
        let id = format!("test:{}", now.0);
        let notice = Notice::new(&id, Said::Trial, Priority::Medium, now).with("target", name);
        Telling { id, why: Why::Trial, at: now, standing: NoticeStanding::new(notice) }
    }

    fn outcome(&self, name: &str, verdict: Verdict) -> Result<(), TargetError> {
        let failed = |what, remedy| Err(TargetError::Failed { name: name.to_owned(), what, remedy });
        match verdict {
            Verdict::Taken => Ok(()),
            Verdict::Gone => {
                failed("it answered 410: nobody is there any more".to_owned(), "give its new address".to_owned())
            }
            Verdict::Failed(trouble) => failed(trouble.what, trouble.remedy),
        }
    }

    async fn call(&self, target: &Target, telling: &Telling, secrets: &Secrets) -> Verdict {
        match request(target, telling, secrets, self.clock.now()) {
            Ok(call) => self.sender.call(call).await,
            Err(trouble) => Verdict::Failed(trouble),
        }
    }
}
