//! Supervised background tasks: each has a name, and a task that ends before it was asked to is a failure.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A request to stop, seen by every clone.
#[derive(Debug, Clone, Default)]
pub struct Stop(CancellationToken);

impl Stop {
    /// Not asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A request of its own that is asked with this one, and can be asked before it.
    #[must_use]
    pub fn child(&self) -> Self {
        Self(self.0.child_token())
    }

    /// Asks everyone to stop.
    pub fn ask(&self) {
        self.0.cancel();
    }

    /// Whether stopping was asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits until stopping is asked. Cancel-safe.
    pub async fn asked(&self) {
        self.0.cancelled().await;
    }
}

/// Why a task's end is a failure of the whole process.
#[derive(Debug)]
pub struct Failure {
    task: &'static str,
    cause: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the task {:?} died: {}", self.task, self.cause)
    }
}

impl Error for Failure {}

type Outcome = (&'static str, Result<(), String>);

/// The tasks of one process.
#[derive(Debug)]
pub struct Tasks {
    running: JoinSet<Outcome>,
    stop: Stop,
}

impl Tasks {
    /// No tasks yet; they are expected to run until `stop` is asked.
    #[must_use]
    pub fn new(stop: Stop) -> Self {
        Self { running: JoinSet::new(), stop }
    }

    /// Starts a task. It must watch the same [`Stop`] and return soon after it is asked.
    pub fn spawn<F, E>(&mut self, name: &'static str, task: F)
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: fmt::Display + Send + 'static,
    {
        // The inner task turns a panic into an outcome that still carries the name.
        let inner = tokio::spawn(async move { task.await.map_err(|error| error.to_string()) });
        self.running.spawn(async move {
            let outcome = inner.await.unwrap_or_else(|error| Err(error.to_string()));
            (name, outcome)
        });
    }

    /// Waits for the first task that dies: by error, panic, or an end that nobody asked for.
    /// Pends for ever while all is well. Cancel-safe.
    pub async fn death(&mut self) -> Failure {
        while let Some(ended) = self.running.join_next().await {
            if let Some(failure) = self.judge(ended) {
                return failure;
            }
        }
        std::future::pending().await
    }

    /// Asks all to stop and waits for them, at most `patience`; answers what failed on the way.
    pub async fn finish(mut self, patience: Duration) -> Vec<Failure> {
        self.stop.ask();
        let mut failures = Vec::new();
        let all = async {
            while let Some(ended) = self.running.join_next().await {
                failures.extend(self.judge(ended));
            }
        };
        if tokio::time::timeout(patience, all).await.is_err() {
            failures.push(Failure { task: "shutdown", cause: format!("not all tasks ended within {patience:?}") });
        }
        failures
    }

    fn judge(&self, ended: Result<Outcome, tokio::task::JoinError>) -> Option<Failure> {
        match ended {
            Ok((task, Err(cause))) => Some(Failure { task, cause }),
            Ok((task, Ok(()))) if !self.stop.is_asked() => {
                Some(Failure { task, cause: "it ended although nobody asked".to_owned() })
            }
            Ok((_, Ok(()))) => None,
            Err(error) => Some(Failure { task: "supervisor", cause: error.to_string() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_death_with_the_tasks_name() {
        let mut tasks = Tasks::new(Stop::new());
        tasks.spawn("hub", async { if true { panic!("boom") } else { Ok::<(), String>(()) } });
        assert!(tasks.death().await.to_string().contains("\"hub\""));
    }

    #[test]
    fn a_child_stops_with_its_parent_and_not_the_other_way_round() {
        let parent = Stop::new();
        let (first, second) = (parent.child(), parent.child());
        first.ask();
        assert!(first.is_asked() && !parent.is_asked() && !second.is_asked());
        parent.ask();
        assert!(second.is_asked());
    }

    #[tokio::test]
    async fn an_early_end_is_a_death_and_an_asked_one_is_not() {
        let stop = Stop::new();
        let mut tasks = Tasks::new(stop.clone());
        tasks.spawn("early", async { Ok::<(), String>(()) });
        assert!(tasks.death().await.to_string().contains("early"));
        let waits = stop.clone();
        tasks.spawn("late", async move {
            waits.asked().await;
            Ok::<(), String>(())
        });
        assert!(tasks.finish(Duration::from_secs(5)).await.is_empty());
    }
}
