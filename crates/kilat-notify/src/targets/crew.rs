//! Those who are told, each on a task of its own, while they come and go. One name has one task: a successor
//! begins once the one before has ended.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kilat_core::Stop;
use kilat_journal::JournalError;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use super::worker::Follower;

/// One of them.
#[derive(Debug)]
pub(crate) struct Member<T> {
    pub(crate) what: T,
    pub(crate) follower: Arc<Follower>,
    /// One trial at a time.
    pub(crate) trial: Arc<Semaphore>,
}

impl<T> Member<T> {
    pub(crate) fn new(what: T, follower: Follower) -> Self {
        Self { what, follower: Arc::new(follower), trial: Arc::new(Semaphore::new(1)) }
    }
}

impl<T: Clone> Clone for Member<T> {
    fn clone(&self) -> Self {
        Self { what: self.what.clone(), follower: Arc::clone(&self.follower), trial: Arc::clone(&self.trial) }
    }
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Crew<T> {
    members: Mutex<BTreeMap<String, Member<T>>>,
    changed: Notify,
}

/// A task that runs.
struct Running<T> {
    what: T,
    stop: Stop,
}

impl<T: Clone + PartialEq> Crew<T> {
    pub(crate) fn new(members: BTreeMap<String, Member<T>>) -> Self {
        Self { members: Mutex::new(members), changed: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Member<T>>> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn all(&self) -> Vec<(String, Member<T>)> {
        self.lock().iter().map(|(name, member)| (name.clone(), member.clone())).collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<Member<T>> {
        self.lock().get(name).cloned()
    }

    pub(crate) fn put(&self, name: String, member: Member<T>) {
        self.lock().insert(name, member);
        self.changed.notify_waiters();
    }

    pub(crate) fn take(&self, name: &str) -> Option<Member<T>> {
        let taken = self.lock().remove(name);
        self.changed.notify_waiters();
        taken
    }

    /// Keeps a task for each until it is asked to stop, and waits for their ends.
    ///
    /// # Errors
    /// The first task's that failed.
    pub(crate) async fn run<F>(
        &self,
        stop: Stop,
        work: impl Fn(String, Member<T>, Stop) -> F,
    ) -> Result<(), JournalError>
    where
        F: Future<Output = Result<(), JournalError>> + Send + 'static,
    {
        let mut running: BTreeMap<String, Running<T>> = BTreeMap::new();
        let mut tasks: JoinSet<(String, Result<(), JournalError>)> = JoinSet::new();
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // Heard from here on: whoever comes while the tasks are started is not missed.
            changed.as_mut().enable();
            let members = self.all();
            for (name, one) in &running {
                if !members.iter().any(|(known, member)| known == name && member.what == one.what) {
                    one.stop.ask();
                }
            }
            for (name, member) in members {
                if !running.contains_key(&name) {
                    let own = stop.child();
                    running.insert(name.clone(), Running { what: member.what.clone(), stop: own.clone() });
                    let working = work(name.clone(), member, own);
                    tasks.spawn(async move { (name, working.await) });
                }
            }
            tokio::select! {
                () = stop.asked() => break,
                () = changed => {}
                Some(ended) = tasks.join_next() => forget(&mut running, ended)?,
            }
        }
        while let Some(ended) = tasks.join_next().await {
            forget(&mut running, ended)?;
        }
        Ok(())
    }
}

type Joined = Result<(String, Result<(), JournalError>), tokio::task::JoinError>;

fn forget<T>(running: &mut BTreeMap<String, Running<T>>, ended: Joined) -> Result<(), JournalError> {
    match ended {
        Ok((name, result)) => {
            running.remove(&name);
            result
        }
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}
