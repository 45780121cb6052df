//! All targets: started together, each on its own; asked how they are, and tried.

use std::sync::Arc;

use kilat_core::{Clock, Notice, NoticeStanding, Priority, Said, Stop, Tasks};
use kilat_journal::{Journal, JournalError};
use tokio::sync::Semaphore;

use super::config::{Secrets, Target, TargetKind};
use super::heartbeat::beat;
use super::request::request;
use super::send::{Network, Sender, Verdict};
use super::telling::{Telling, Why};
use super::worker::{Follower, OnGone, TargetState, follow};

/// What the targets are made of.
#[derive(Debug)]
pub struct TargetsConfig {
    /// Those of the settings, [checked](Target::check_all).
    pub targets: Vec<Target>,
    /// Where their secrets are.
    pub secrets: Arc<dyn Secrets>,
}

/// Why a trial failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrialError {
    /// No such target.
    #[error("there is no target {0:?}")]
    Unknown(String),
    /// It is being tried already.
    #[error("{0} is being tried already")]
    Busy(String),
    /// It did not take it.
    #[error("{what}")]
    Failed {
        /// What happened.
        what: String,
        /// What to do.
        remedy: String,
    },
}

struct One {
    target: Target,
    follower: Arc<Follower>,
    /// One trial at a time.
    trial: Semaphore,
}

struct Inner {
    all: Vec<One>,
    secrets: Arc<dyn Secrets>,
    sender: Sender,
    clock: Arc<dyn Clock>,
    journal: Journal,
}

/// The targets; cheap to clone.
#[derive(Clone)]
pub struct Targets(Arc<Inner>);

impl Targets {
    /// Reads how far each has come.
    ///
    /// # Errors
    /// When the journal can be neither read nor written.
    pub async fn open(config: TargetsConfig, journal: Journal, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        let mut all = Vec::with_capacity(config.targets.len());
        for target in config.targets {
            let follower = Arc::new(Follower::open(&target.name, &journal).await?);
            all.push(One { target, follower, trial: Semaphore::new(1) });
        }
        let sender = Sender::new(Network::Any);
        Ok(Self(Arc::new(Inner { all, secrets: config.secrets, sender, clock, journal })))
    }

    /// Starts a task for each that is told.
    pub fn start(&self, tasks: &mut Tasks, stop: &Stop) {
        for one in self.0.all.iter().filter(|one| one.target.is_enabled) {
            let (inner, follower) = (Arc::clone(&self.0), Arc::clone(&one.follower));
            let (target, clock) = (one.target.clone(), Arc::clone(&inner.clock));
            if let TargetKind::Heartbeat { url, every } = &target.kind {
                tasks.spawn(
                    "heartbeat",
                    beat(follower, (url.clone(), *every), inner.sender.clone(), clock, stop.clone()),
                );
                continue;
            }
            let journal = inner.journal.clone();
            let hears_everything = matches!(target.kind, TargetKind::Webhook { .. });
            let tell = move |telling: Telling| {
                let (inner, target) = (Arc::clone(&inner), target.clone());
                let is_meant = telling.is_for(&target, hears_everything);
                is_meant.then_some(async move { inner.call(&target, &telling).await })
            };
            tasks.spawn("target", {
                let stop = stop.clone();
                async move { follow(follower, journal, clock, stop, OnGone::TryAgain, tell).await.map(|_| ()) }
            });
        }
    }

    /// Every target with how it goes, and how many notices were raised since its place.
    ///
    /// # Errors
    /// A read error.
    pub async fn states(&self) -> Result<Vec<(Target, TargetState, u64)>, JournalError> {
        let mut states = Vec::with_capacity(self.0.all.len());
        for one in &self.0.all {
            let state = one.follower.state();
            let is_queue = one.target.is_enabled && !matches!(one.target.kind, TargetKind::Heartbeat { .. });
            let waiting = if is_queue && state.attempts > 0 {
                self.0.journal.notices_since(kilat_core::Offset(state.place)).await?
            } else {
                0
            };
            states.push((one.target.clone(), state, waiting));
        }
        Ok(states)
    }

    /// Tells a target that all is well, now and past its queue; what waits there is tried again too.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn try_out(&self, name: &str) -> Result<(), TrialError> {
        let one = self.0.all.iter().find(|one| one.target.name == name);
        let one = one.ok_or_else(|| TrialError::Unknown(name.to_owned()))?;
        let _turn = one.trial.try_acquire().map_err(|_busy| TrialError::Busy(name.to_owned()))?;
        let now = self.0.clock.now();
        let id = format!("test:{}", now.0);
        let notice = Notice::new(&id, Said::Trial, Priority::Medium, now).with("target", name);
        let telling = Telling { id, why: Why::Trial, at: now, standing: NoticeStanding::new(notice) };
        match self.0.call(&one.target, &telling).await {
            Verdict::Taken => {
                one.follower.kick.notify_waiters();
                Ok(())
            }
            Verdict::Gone => Err(TrialError::Failed {
                what: "it answered 410: nobody is there any more".to_owned(),
                remedy: "give its new address".to_owned(),
            }),
            Verdict::Failed(trouble) => Err(TrialError::Failed { what: trouble.what, remedy: trouble.remedy }),
        }
    }
}

impl Inner {
    async fn call(&self, target: &Target, telling: &Telling) -> Verdict {
        let call = match request(target, telling, self.secrets.as_ref(), self.clock.now()) {
            Ok(call) => call,
            Err(trouble) => return Verdict::Failed(trouble),
        };
        let sender = self.sender.clone();
        // At most 10 s on a thread of its own: one for each target, and one for its trial.
        match tokio::task::spawn_blocking(move || sender.send(&call)).await {
            Ok(verdict) => verdict,
            Err(_panicked) => Verdict::Failed(super::send::Trouble::operator(
                "the call ended badly".to_owned(),
                "please report this".to_owned(),
            )),
        }
    }
}
