//! Signs devices up and off, and runs one follower for each: a push service that hangs delays no other device.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use kilat_core::{Clock, Lang, Notice, NoticeStanding, Priority, Said, Stop};
use kilat_journal::{Journal, JournalError, Note};
use ring::rand::SystemRandom;
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::device::{Device, DeviceError, MAX_DEVICES};
use super::encrypt::encrypt;
use super::vapid::Vapid;
use crate::targets::{
    Ended, Follower, Network, OnGone, Outgoing, Sender, TargetState, Telling, Trouble, Verdict, Why, follow,
};

/// Begins the names of the notes that hold devices.
const DEVICES: &str = "push:";
/// How long a push service keeps a message for a device that is away: the day of the event.
const KEEP_S: u32 = 86_400;
/// Longest message; the rest is on the screen.
const MAX_MESSAGE_CHARS: usize = 600;

/// What push is made of.
#[derive(Debug)]
pub struct PushConfig {
    /// The server's key.
    pub vapid: Vapid,
    /// Whether push services may be in this house, and without TLS: for one of your own, and for tests.
    pub is_own_network: bool,
}

/// Why a device was not signed up or off.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// What it gave.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Too many.
    #[error("{MAX_DEVICES} devices are signed up already")]
    TooMany,
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

struct Inner {
    vapid: Vapid,
    is_own_network: bool,
    sender: Sender,
    journal: Journal,
    clock: Arc<dyn Clock>,
    devices: Mutex<BTreeMap<String, (Device, Arc<Follower>)>>,
    changed: Notify,
}

/// Push; cheap to clone.
#[derive(Clone)]
pub struct Push(Arc<Inner>);

impl Push {
    /// Reads which devices are signed up.
    ///
    /// # Errors
    /// When the journal can be neither read nor written.
    pub async fn open(config: PushConfig, journal: Journal, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        let mut devices = BTreeMap::new();
        for (id, value) in journal.notes(DEVICES).await? {
            match serde_json::from_str::<Device>(&value) {
                Ok(device) => {
                    let follower = Arc::new(Follower::open(&follower_name(&id), &journal).await?);
                    devices.insert(id, (device, follower));
                }
                Err(error) => tracing::warn!(%error, device = id, "a device cannot be read"),
            }
        }
        let network = if config.is_own_network { Network::Any } else { Network::Public };
        Ok(Self(Arc::new(Inner {
            vapid: config.vapid,
            is_own_network: config.is_own_network,
            sender: Sender::new(network),
            journal,
            clock,
            devices: Mutex::new(devices),
            changed: Notify::new(),
        })))
    }

    /// The key that browsers subscribe with.
    #[must_use]
    pub fn public_key(&self) -> String {
        self.0.vapid.public_key()
    }

    /// Signs a device up, or changes what it is told. Answers its id.
    ///
    /// # Errors
    /// Why it cannot be.
    pub async fn subscribe(&self, device: Device) -> Result<String, PushError> {
        device.check(self.0.is_own_network)?;
        let id = device.id();
        let is_known = self.0.devices().contains_key(&id);
        if !is_known && self.0.devices().len() >= MAX_DEVICES {
            return Err(PushError::TooMany);
        }
        // Plain data with text keys: serialising it cannot fail.
        let value = serde_json::to_string(&device).unwrap_or_default();
        self.0.journal.append_noting(Vec::new(), vec![Note::new(format!("{DEVICES}{id}"), value)]).await?;
        let follower = Arc::new(Follower::open(&follower_name(&id), &self.0.journal).await?);
        self.0.devices().insert(id.clone(), (device, follower));
        self.0.changed.notify_waiters();
        Ok(id)
    }

    /// Signs a device off; whether it was signed up.
    ///
    /// # Errors
    /// When the journal cannot be written.
    pub async fn unsubscribe(&self, id: &str) -> Result<bool, JournalError> {
        self.0.forget(id).await
    }

    /// All devices with how it goes.
    #[must_use]
    pub fn devices(&self) -> Vec<(String, Device, TargetState)> {
        let devices = self.0.devices();
        devices.iter().map(|(id, (device, follower))| (id.clone(), device.clone(), follower.state())).collect()
    }

    /// Tells a device that all is well; none when it is not signed up.
    pub async fn try_out(&self, id: &str) -> Option<Result<(), (String, String)>> {
        let device = self.0.devices().get(id).map(|(device, _)| device.clone())?;
        let now = self.0.clock.now();
        let test = format!("test:{}", now.0);
        let notice = Notice::new(&test, Said::Trial, Priority::Medium, now).with("target", format!("push-{id}"));
        let telling = Telling { id: test, why: Why::Trial, at: now, standing: NoticeStanding::new(notice) };
        Some(match self.0.call(&device, &telling).await {
            Verdict::Taken => Ok(()),
            Verdict::Gone => Err(("the device signed off".to_owned(), "sign it up again".to_owned())),
            Verdict::Failed(trouble) => Err((trouble.what, trouble.remedy)),
        })
    }

    /// Tells every device until it is asked to stop.
    ///
    /// # Errors
    /// When the journal can be neither read nor written.
    pub async fn run(self, stop: Stop) -> Result<(), JournalError> {
        let mut running: BTreeMap<String, (Device, Stop)> = BTreeMap::new();
        let mut tasks: JoinSet<(String, Result<Ended, JournalError>)> = JoinSet::new();
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            // Heard from here on: what is signed up while the tasks are started is not missed.
            changed.as_mut().enable();
            self.start(&mut running, &mut tasks, &stop);
            tokio::select! {
                () = stop.asked() => break,
                () = changed => {}
                Some(ended) = tasks.join_next() => {
                    let Ok((id, ended)) = ended else { continue };
                    if ended? == Ended::Gone {
                        tracing::info!(device = id, "a device signed off");
                        running.remove(&id);
                        self.0.forget(&id).await?;
                    }
                }
            }
        }
        while tasks.join_next().await.is_some() {}
        Ok(())
    }

    /// Starts what is new or told otherwise, ends what is signed off.
    fn start(
        &self,
        running: &mut BTreeMap<String, (Device, Stop)>,
        tasks: &mut JoinSet<(String, Result<Ended, JournalError>)>,
        stop: &Stop,
    ) {
        let devices = self.0.devices();
        running.retain(|id, (device, stop)| {
            let stays = devices.get(id).is_some_and(|(known, _)| known == device);
            if !stays {
                stop.ask();
            }
            stays
        });
        for (id, (device, follower)) in devices.iter() {
            if running.contains_key(id) {
                continue;
            }
            let (own_stop, inner) = (stop.child(), Arc::clone(&self.0));
            running.insert(id.clone(), (device.clone(), own_stop.clone()));
            let (id, device, follower) = (id.clone(), device.clone(), Arc::clone(follower));
            tasks.spawn(async move {
                let (journal, clock) = (inner.journal.clone(), Arc::clone(&inner.clock));
                let tell = |telling: Telling| {
                    let (inner, device) = (Arc::clone(&inner), device.clone());
                    is_for(&telling, &device).then_some(async move { inner.call(&device, &telling).await })
                };
                let ended = follow(follower, journal, clock, own_stop, OnGone::End, tell).await;
                (id, ended)
            });
        }
    }
}

/// People are told what happened, what is told again, and what ended.
fn is_for(telling: &Telling, device: &Device) -> bool {
    let is_meant = match telling.why {
        Why::Raised | Why::Resolved | Why::Escalated | Why::Trial => true,
        Why::Updated | Why::Acknowledged => false,
    };
    is_meant && telling.standing.notice.priority >= device.at_least
}

fn follower_name(id: &str) -> String {
    format!("push-{id}")
}

impl Inner {
    fn devices(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, (Device, Arc<Follower>)>> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn forget(&self, id: &str) -> Result<bool, JournalError> {
        if self.devices().remove(id).is_none() {
            return Ok(false);
        }
        let notes =
            vec![Note::forgotten(format!("{DEVICES}{id}")), Note::forgotten(format!("target:{}", follower_name(id)))];
        self.journal.append_noting(Vec::new(), notes).await?;
        self.changed.notify_waiters();
        Ok(true)
    }

    async fn call(&self, device: &Device, telling: &Telling) -> Verdict {
        let call = match self.request(device, telling) {
            Ok(call) => call,
            Err(trouble) => return Verdict::Failed(trouble),
        };
        let sender = self.sender.clone();
        match tokio::task::spawn_blocking(move || sender.send(&call)).await {
            Ok(verdict) => verdict,
            Err(_panicked) => {
                Verdict::Failed(Trouble::operator("the call ended badly".to_owned(), "please report this".to_owned()))
            }
        }
    }

    fn request(&self, device: &Device, telling: &Telling) -> Result<Outgoing, Trouble> {
        let cannot = |what: String| Trouble::operator(what, "sign the device off and up again".to_owned());
        let (key, secret) = device.keys().map_err(|error| cannot(error.to_string()))?;
        let text = message(telling, device.lang);
        let body = encrypt(text.as_bytes(), &key, &secret, &SystemRandom::new()).map_err(|e| cannot(e.to_string()))?;
        let authorization =
            self.vapid.authorization(&device.endpoint, self.clock.now()).map_err(|error| cannot(error.to_string()))?;
        let urgency = match telling.standing.notice.priority {
            _ if telling.why == Why::Resolved => "low",
            Priority::Low => "low",
            Priority::Medium => "normal",
            Priority::High | Priority::Critical => "high",
        };
        Ok(Outgoing::post(&device.endpoint, "application/octet-stream", body)
            .header("content-encoding", "aes128gcm".to_owned())
            .header("ttl", KEEP_S.to_string())
            .header("urgency", urgency.to_owned())
            .header("topic", topic(&telling.standing.notice.id))
            .secret_header("authorization", authorization.into())
            .with_secret_address()
            .gone_when_not_found())
    }
}

/// A newer message about the same notice takes the place of one that the device has not fetched: 32 characters at most.
fn topic(id: &str) -> String {
    data_encoding::HEXLOWER.encode(&ring::digest::digest(&ring::digest::SHA256, id.as_bytes()).as_ref()[..16])
}

/// What the service worker is given to show.
fn message(telling: &Telling, lang: Lang) -> String {
    let notice = &telling.standing.notice;
    let text = telling.standing.text(lang);
    let short = |text: &str| text.chars().take(MAX_MESSAGE_CHARS).collect::<String>();
    json!({
        "id": notice.id,
        "tellingId": telling.id,
        "why": telling.why.as_str(),
        "title": short(&text.title),
        "message": short(&text.message),
        "priority": notice.priority,
        "state": telling.standing.state(),
        "lang": lang,
        "timestamp": telling.at.to_rfc3339(),
    })
    .to_string()
}
