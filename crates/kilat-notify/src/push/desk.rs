//! Signs devices up and off, and runs one follower for each: a push service that hangs delays no other device.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{Clock, Lang, Notice, NoticeStanding, Priority, Said, Stop};
use kilat_journal::{Journal, JournalError, Note};
use ring::rand::SystemRandom;
use serde_json::json;

use super::device::{Device, DeviceError, MAX_DEVICES};
use super::encrypt::encrypt;
use super::vapid::Vapid;
use crate::targets::{
    Crew, Ended, Follower, Member, Network, OnGone, Outgoing, Sender, TargetError, TargetState, Telling, Trouble,
    Verdict, Why, follow,
};

/// Begins the names of the notes that hold devices.
const DEVICES: &str = "push:";
/// How long a push service keeps a message for a device that is away: the day of the event.
const KEEP_S: u32 = 86_400;
/// Longest message; the rest is on the screen.
const MAX_MESSAGE_CHARS: usize = 600;

/// What push is made of.
pub struct PushConfig {
    /// The server's key.
    pub vapid: Vapid,
    /// Whether push services may be in this house, and without TLS: for one of your own, and for tests.
    pub is_own_network: bool,
    /// Asked before each telling: a device of somebody who may come in no more is forgotten.
    pub still_holds: StillHolds,
}

impl std::fmt::Debug for PushConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PushConfig").field("vapid", &self.vapid).finish_non_exhaustive()
    }
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

/// Whether whoever signed a device up may still hear what happens here.
pub type StillHolds = Box<dyn Fn(&Device) -> bool + Send + Sync>;

struct Inner {
    vapid: Vapid,
    is_own_network: bool,
    still_holds: StillHolds,
    sender: Sender,
    journal: Journal,
    clock: Arc<dyn Clock>,
    crew: Crew<Device>,
    /// One change at a time.
    changing: tokio::sync::Mutex<()>,
}

/// Push; cheap to clone.
#[derive(Clone)]
pub struct Push(Arc<Inner>);

impl std::fmt::Debug for Push {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Push")
    }
}

impl Push {
    /// Reads which devices are signed up.
    ///
    /// # Errors
    /// When the journal can be neither read nor written.
    pub async fn open(config: PushConfig, journal: Journal, clock: Arc<dyn Clock>) -> Result<Self, JournalError> {
        let mut members = BTreeMap::new();
        for (id, value) in journal.notes(DEVICES).await? {
            match serde_json::from_str::<Device>(&value) {
                Ok(device) => {
                    let follower = Follower::open(&follower_name(&id), false, &journal).await?;
                    members.insert(id, Member::new(device, follower));
                }
                Err(error) => tracing::warn!(%error, device = id, "a device cannot be read"),
            }
        }
        let network = if config.is_own_network { Network::House } else { Network::Public };
        Ok(Self(Arc::new(Inner {
            vapid: config.vapid,
            is_own_network: config.is_own_network,
            still_holds: config.still_holds,
            sender: Sender::new(network),
            journal,
            clock,
            crew: Crew::new(members),
            changing: tokio::sync::Mutex::new(()),
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
        let _alone = self.0.changing.lock().await;
        let id = device.id();
        if self.0.crew.get(&id).is_none() && self.0.crew.all().len() >= MAX_DEVICES {
            return Err(PushError::TooMany);
        }
        // Plain data with text keys: serialising it cannot fail.
        let value = serde_json::to_string(&device).unwrap_or_default();
        self.0.journal.append_noting(Vec::new(), vec![Note::new(format!("{DEVICES}{id}"), value)]).await?;
        let member = match self.0.crew.get(&id) {
            Some(member) => Member { what: device, ..member },
            None => Member::new(device, Follower::open(&follower_name(&id), false, &self.0.journal).await?),
        };
        self.0.crew.put(id.clone(), member);
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
        let all = self.0.crew.all();
        all.into_iter().map(|(id, member)| (id, member.what, member.follower.state())).collect()
    }

    /// Tells a device that all is well; answers how long it took.
    ///
    /// # Errors
    /// Why it was not told.
    pub async fn try_out(&self, id: &str) -> Result<Duration, TargetError> {
        let name = follower_name(id);
        let member = self.0.crew.get(id).ok_or_else(|| TargetError::Unknown(name.chars().take(64).collect()))?;
        let _turn = member.trial.try_acquire().map_err(|_busy| TargetError::Busy(name.clone()))?;
        let (now, began) = (self.0.clock.now(), self.0.clock.monotonic());
        let test = format!("test:{}", now.0);
        let notice = Notice::new(&test, Said::Trial, Priority::Medium, now).with("target", &name);
        let telling = Telling { id: test, why: Why::Trial, at: now, standing: NoticeStanding::new(notice) };
        let (what, remedy) = match self.0.call(&member.what, &telling).await {
            Verdict::Taken => {
                member.follower.kick.notify_one();
                return Ok(self.0.clock.monotonic().saturating_sub(began));
            }
            Verdict::Gone => {
                self.0.forget(id).await?;
                ("the device signed off".to_owned(), "sign it up again".to_owned())
            }
            Verdict::Failed(trouble) => (trouble.what, trouble.remedy),
        };
        Err(TargetError::Failed { name, what, remedy })
    }

    /// Tells every device until it is asked to stop, each on a task of its own.
    ///
    /// # Errors
    /// When the journal can be neither read nor written.
    pub async fn run(self, stop: Stop) -> Result<(), JournalError> {
        let work = |id: String, member: Member<Device>, stop: Stop| serve(Arc::clone(&self.0), id, member, stop);
        self.0.crew.run(stop, work).await
    }
}

/// One device's task.
async fn serve(inner: Arc<Inner>, id: String, member: Member<Device>, stop: Stop) -> Result<(), JournalError> {
    let (journal, clock) = (inner.journal.clone(), Arc::clone(&inner.clock));
    let tell = |telling: Telling| {
        let (inner, device) = (Arc::clone(&inner), member.what.clone());
        is_for(&telling, &device).then_some(async move { inner.call(&device, &telling).await })
    };
    if follow(member.follower, journal, clock, stop, OnGone::End, tell).await? == Ended::Gone {
        tracing::info!(device = id, "a device signed off, or whoever signed it up may come in no more");
        inner.forget(&id).await?;
    }
    Ok(())
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
    async fn forget(&self, id: &str) -> Result<bool, JournalError> {
        let _alone = self.changing.lock().await;
        let Some(member) = self.crew.take(id) else { return Ok(false) };
        member.follower.forget(format!("{DEVICES}{id}"), &self.journal).await?;
        Ok(true)
    }

    async fn call(&self, device: &Device, telling: &Telling) -> Verdict {
        if !(self.still_holds)(device) {
            return Verdict::Gone;
        }
        match self.request(device, telling) {
            Ok(call) => self.sender.call(call).await,
            Err(trouble) => Verdict::Failed(trouble),
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
