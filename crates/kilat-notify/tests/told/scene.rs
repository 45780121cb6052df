//! A journal, a clock, and targets that run.

use std::collections::BTreeMap;
use std::sync::Arc;

use kilat_auth::{KEY_BYTES, Sealer, Secrets};
use kilat_core::{
    Clock, Fact, IdSource, Lang, Notice, NoticeChange, NoticeStanding, Priority, Recorded, Said, Stop, SystemClock,
};
use kilat_journal::{Journal, JournalError};
use kilat_notify::{Target, TargetKind, Targets, TargetsConfig};
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

pub(crate) struct Scene {
    folder: tempfile::TempDir,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    stop: Stop,
    running: Vec<JoinHandle<Result<(), JournalError>>>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::in_folder(tempfile::tempdir().expect("a folder"))
    }

    fn in_folder(folder: tempfile::TempDir) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let ids = Arc::new(IdSource::new(Arc::clone(&clock)));
        let journal = Journal::open(&folder.path().join("kilat.db"), Arc::clone(&clock), ids).expect("a journal");
        Self { folder, journal, clock, stop: Stop::new(), running: Vec::new() }
    }

    pub(crate) async fn targets(&mut self, named: Vec<Target>, secrets: &[(&str, &str, &str)]) -> Targets {
        let own = |(target, field, value): &(&str, &str, &str)| {
            ((String::from(*target), String::from(*field)), String::from(*value))
        };
        let environment: BTreeMap<(String, String), String> = secrets.iter().map(own).collect();
        let config = TargetsConfig {
            named,
            sealer: Sealer::new(&[7; KEY_BYTES]),
            environment: Box::new(move |target, field| {
                environment.get(&(target.to_owned(), field.to_owned())).cloned().map(Zeroizing::new)
            }),
        };
        let targets = Targets::open(config, self.journal.clone(), Arc::clone(&self.clock)).await.expect("targets");
        self.run(targets.clone().run(self.stop.clone()));
        targets
    }

    pub(crate) fn run(&mut self, task: impl Future<Output = Result<(), JournalError>> + Send + 'static) {
        self.running.push(tokio::spawn(task));
    }

    pub(crate) fn stop(&self) -> Stop {
        self.stop.clone()
    }

    pub(crate) async fn raise(&self, notice: Notice) -> Vec<Recorded> {
        self.journal.append(vec![Fact::NoticeRaised { notice }]).await.expect("raised").to_vec()
    }

    pub(crate) async fn change(&self, change: NoticeChange) {
        self.journal.append(vec![Fact::Notice { change, standing: None }]).await.expect("changed");
    }

    /// Waits for a fact that says how a notice stands now.
    pub(crate) async fn wait(&self, mut holds: impl FnMut(&NoticeStanding) -> bool) -> NoticeStanding {
        let mut tail = self.journal.tail(kilat_core::Offset(0));
        loop {
            for recorded in tail.next().await.expect("facts").iter() {
                let standing = if let Fact::NoticeRaised { notice } = &recorded.fact {
                    Some(NoticeStanding::new(notice.clone()))
                } else if let Fact::Notice { standing: Some(standing), .. } = &recorded.fact {
                    Some((**standing).clone())
                } else {
                    None
                };
                if let Some(standing) = standing.filter(|standing| holds(standing)) {
                    return standing;
                }
            }
        }
    }

    /// All tasks end, and the journal with them; what comes after is another start.
    pub(crate) async fn restart(mut self) -> Self {
        self.stop.ask();
        for task in self.running.drain(..) {
            task.await.expect("no panic").expect("a good end");
        }
        self.journal.close().await.expect("closed");
        let Self { folder, .. } = self;
        Self::in_folder(folder)
    }
}

pub(crate) fn target(name: &str, kind: TargetKind) -> Target {
    Target {
        name: name.to_owned(),
        kind,
        at_least: Priority::Low,
        kinds: Vec::new(),
        lang: Lang::En,
        is_enabled: true,
        hears_escalations: true,
        hears_ends: true,
    }
}

pub(crate) fn webhook(name: &str, url: &str) -> Target {
    target(name, TargetKind::Webhook { url: url.to_owned() })
}

pub(crate) fn plain(name: &str, url: &str) -> Target {
    said(name, url, "{state}: {title}")
}

pub(crate) fn said(name: &str, url: &str, body: &str) -> Target {
    let content_type = "text/plain".to_owned();
    target(name, TargetKind::Http { url: url.to_owned(), body: body.to_owned(), content_type })
}

pub(crate) fn down(id: &str) -> Notice {
    Notice::new(id, Said::DestinationDown, Priority::Critical, kilat_core::Millis(1))
        .about(format!("destination:{id}"))
        .with("place", "/media/ssd")
        .with("reason", format!("{id} is full"))
}

pub(crate) fn secrets(all: &[(&str, &str)]) -> Secrets {
    all.iter().map(|(name, value)| ((*name).to_owned(), Zeroizing::new((*value).to_owned()))).collect()
}
