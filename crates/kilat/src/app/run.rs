//! The server from start to end.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kilat_auth::{Access, AccessConfig};
use kilat_core::{Board, Clock, Failure, IdSource, PhotoKind, SourceId, Stop, SystemClock, Tasks};
use kilat_deliver::UploadConfig;
use kilat_ftp::FtpServer;
use kilat_host::{MachineConfig, SpaceConfig, Use};
use kilat_hub::{About, Hub, HubConfig};
use kilat_ingest::{IngestStats, Intake};
use kilat_journal::Journal;
use kilat_notify::{Ledger, Push, Targets};
use kilat_objects::{RateLimit, Shares};
use kilat_places::Places;
use kilat_restore::Restores;
use kilat_server::{App, AppConfig, DoorConfig, PreviewConfig, Server, Serving};
use kilat_wire::FtpMenu;
use rand::SeedableRng;
use rand::rngs::{SmallRng, StdRng};
use tokio::time::MissedTickBehavior;

use super::front_door::{self, Welcome};
use super::notify::{self, PushSettings};
use super::sealing::Manifests;
use super::setup::{self, journal_fail};
use super::signals::Signals;
use super::uploads::Uploads;
use super::{cameras, destinations, ftp, intake, restores, statistics};
use crate::config::Config;
use crate::data::DataFolder;
use crate::fail::{Code, Fail};
use crate::key;
use crate::ready::Ready;

/// How long the engines may take to end: a copy under way gets 5 s, the rest is room.
const ENGINES_END: Duration = Duration::from_secs(10);
/// How long viewers may take to be told goodbye.
const FRONT_ENDS: Duration = Duration::from_secs(5);

/// How often connections are looked after: a right that is gone ends a connection within two of these.
const SWEEP: Duration = Duration::from_secs(1);

/// What `kilat demo` adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The real thing.
    Real,
    /// Nothing shown is a real photo, and every screen says so.
    Demo,
}

/// Runs the server until a signal or a death; `ready` is called once everything answers.
pub(crate) fn run(config: &Config, kind: Kind, ready: impl FnOnce(&Welcome)) -> Result<(), Fail> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .thread_name("kilat")
        .build()
        .map_err(|error| {
            Fail::new(Code::TaskDied, format!("cannot start: {error}"), "is this machine out of memory?")
        })?;
    runtime.block_on(serve(config, kind, ready))
}

async fn serve(config: &Config, kind: Kind, ready: impl FnOnce(&Welcome)) -> Result<(), Fail> {
    let data = DataFolder::hold(&config.data.value)?;
    let serving = front_door::serving(config)?;
    Ready::remove(data.path()).map_err(|error| cannot_write(data.path(), &error))?;
    let mut signals = Signals::listen()?;
    let server = bind(config)?;
    let ftp = ftp::bind(config)?;
    let parts = Parts::open(config, &data).await?;
    let about = About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: parts.clock.now(),
        is_demo: kind == Kind::Demo,
    };
    key::ensure(&parts.access, data.path()).await?;
    let secure = if config.door.is_tls() { "s" } else { "" };
    let written = Ready {
        http: format!("http{secure}://{}", server.http_address()),
        ws: format!("ws{secure}://{}/ws", server.ws_address()),
        intake: format!("http{secure}://{}/intake", server.http_address()),
        ftp: ftp.as_ref().map(|ftp| ftp.address().to_string()),
        pid: std::process::id(),
    };
    let menu = ftp.as_ref().and_then(|ftp| ftp::menu(config, Some(ftp.address())));
    let (mut front, hub) = start_front(config, &parts, (about, menu), (server, serving), data.path());
    let mut engines = start_engines(config, &parts, &hub, ftp);
    written.write(data.path()).map_err(|error| cannot_write(data.path(), &error))?;
    ready(&front_door::welcome(config, &parts.access, &written));

    let death = tokio::select! {
        () = signals.stop() => None,
        failure = engines.death() => Some(failure),
        failure = front.death() => Some(failure),
    };
    tracing::info!("stopping: copies under way may end; Ctrl-C again stops at once");
    let ended = tokio::select! {
        failures = end(engines, front, &parts) => failures,
        () = signals.stop() => return Err(died("it was told to stop at once")),
    };
    Ready::remove(data.path()).map_err(|error| cannot_write(data.path(), &error))?;
    match death.into_iter().chain(ended).next() {
        None => Ok(()),
        Some(failure) => Err(died(&failure.to_string())),
    }
}

/// What every part is built from.
pub(super) struct Parts {
    pub(super) journal: Journal,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<IdSource>,
    pub(super) access: Access,
    /// The hot folders.
    hot: BTreeMap<SourceId, PathBuf>,
    /// Those, and Kilat's own folder: where photos may be read from.
    roots: BTreeMap<SourceId, PathBuf>,
    pub(super) intake: Intake,
    stats: Arc<IngestStats>,
    places: Places,
    restores: Restores,
    pub(super) board: Board,
    uplink: Arc<RateLimit>,
    targets: Targets,
    push: Push,
    pub(super) engines_stop: Stop,
    front_stop: Stop,
}

impl Parts {
    async fn open(config: &Config, data: &DataFolder) -> Result<Self, Fail> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let ids = Arc::new(IdSource::new(Arc::clone(&clock)));
        let path = DataFolder::journal(data.path());
        let journal = Journal::open(&path, Arc::clone(&clock), Arc::clone(&ids)).map_err(|e| journal_fail(&e))?;
        setup::event(&journal, &ids, clock.as_ref(), config.event.value.as_deref()).await?;
        let hot = setup::sources(&journal, clock.as_ref(), &config.watch.value).await?;
        let stats = Arc::new(IngestStats::default());
        let (intake, roots) = intake::open(config, (&journal, &clock, &ids), data.path(), (&hot, &stats)).await?;
        setup::destinations(&journal, clock.as_ref(), &config.wanted()).await?;
        let settings = journal.settings().await.map_err(|error| journal_fail(&error))?;
        let is_ceremony = settings.ceremony(clock.now()).is_some();
        let uplink = Arc::new(RateLimit::new(config.network.uplink().limit(is_ceremony)));
        let shares = Shares { limit: Arc::clone(&uplink), named: config.network.folders().into() };
        let places = destinations::open(&journal, &ids, &clock, data.path(), shares).await?;
        let board = Board::new();
        let restores = restores::open(&journal, (&clock, &ids), (&board, &places), (data.path(), &roots)).await?;
        let notifications = &config.notifications;
        let named = notifications.targets.value.clone();
        let targets = notify::targets(&journal, &clock, data.path(), named).await?;
        let push_settings = PushSettings {
            contact: notifications.push_contact.value.as_deref(),
            is_own_network: notifications.push_own_service.value,
        };
        let config = AccessConfig {
            environment: Config::token()?.map(|token| front_door::environment_token(&token)).transpose()?,
            anonymous: config.door.anonymous.value,
        };
        let (about_time, about_ids) = (Arc::clone(&clock), Arc::clone(&ids));
        let access = Access::open(journal.clone(), about_time, about_ids, StdRng::from_os_rng(), config)
            .await
            .map_err(|error| journal_fail(&error))?;
        let push = notify::push(&journal, &clock, data.path(), &access, push_settings).await?;
        let (engines_stop, front_stop) = (Stop::new(), Stop::new());
        Ok(Self {
            journal,
            board,
            clock,
            ids,
            access,
            hot,
            roots,
            intake,
            stats,
            places,
            restores,
            uplink,
            targets,
            push,
            engines_stop,
            front_stop,
        })
    }
}

fn bind(config: &Config) -> Result<Server, Fail> {
    Server::bind(config.listen.value, config.ws_listen.value).map_err(|error| {
        let (name, remedy) = if error.address == config.listen.value {
            ("listen", "stop what uses that port, or choose another: --listen 127.0.0.1:3100 (KILAT_WEB_PORT)")
        } else {
            ("ws_listen", "stop what uses that port, or choose another: --ws-listen 127.0.0.1:3101 (WS_PORT)")
        };
        Fail::new(Code::Port, format!("cannot {error} (setting {name}): {}", error.source), remedy)
    })
}

fn start_front(
    config: &Config,
    parts: &Parts,
    (about, menu): (About, Option<FtpMenu>),
    (server, serving): (Server, Serving),
    data: &Path,
) -> (Tasks, Hub) {
    let mut tasks = Tasks::new(parts.front_stop.clone());
    let readers = (parts.board.reader(), parts.board.reader());
    let hub_config = HubConfig { due_kinds: due_kinds(config), about: about.clone() };
    let (hub, task) = Hub::new(parts.journal.clone(), readers, Arc::clone(&parts.clock), hub_config);
    tasks.spawn("hub", task.run(parts.front_stop.clone(), SmallRng::from_os_rng()));
    tasks.spawn("connections", look_after(hub.clone(), parts.access.clone(), parts.front_stop.clone()));
    tasks.spawn("access", parts.access.clone().run(parts.front_stop.clone()));
    let app = App::new(AppConfig {
        hub: hub.clone(),
        journal: parts.journal.clone(),
        board: parts.board.reader(),
        clock: Arc::clone(&parts.clock),
        ids: Arc::clone(&parts.ids),
        previews: previews(parts, data),
        version: about.version,
        started_at: about.started_at,
        stopping: parts.front_stop.clone(),
        access: parts.access.clone(),
        door: DoorConfig {
            hosts: config.door.hosts.value.iter().cloned().chain(hostname()).collect(),
            origins: config.door.origins.value.clone(),
            url_token: config.door.url_token.value,
            is_tls: config.door.is_tls(),
            web_port: server.http_address().port(),
            ws_port: server.ws_address().port(),
        },
        rule: config.backup.rule(),
        uplink: config.network.uplink(),
        places: parts.places.clone(),
        restores: parts.restores.clone(),
        targets: parts.targets.clone(),
        push: parts.push.clone(),
        intake: Some(parts.intake.clone()),
        ftp: menu,
    });
    let (web, socket, stop) = (app.web(), app.socket(), parts.front_stop.clone());
    tasks.spawn("server", async move {
        let asked = stop.clone();
        let goodbye = async {
            asked.asked().await;
            app.sessions_ended().await;
        };
        tokio::join!(server.run(serving, web, socket, stop), goodbye).0
    });
    (tasks, hub)
}

/// Pings and ends connections until the end.
async fn look_after(hub: Hub, access: Access, stop: Stop) -> Result<(), Infallible> {
    let mut revision = access.revision();
    let mut tick = tokio::time::interval(SWEEP);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.asked() => return Ok(()),
            _ = tick.tick() => {}
        }
        // Nobody's right ends without a new revision.
        let is_news = revision.has_changed().unwrap_or(true);
        revision.mark_unchanged();
        hub.sweep(|who| !is_news || access.still_holds(who));
    }
}

fn start_engines(config: &Config, parts: &Parts, hub: &Hub, ftp: Option<FtpServer>) -> Tasks {
    let stop = || parts.engines_stop.clone();
    let mut tasks = Tasks::new(stop());
    tasks.spawn("places", parts.places.clone().follow(stop()));
    tasks.spawn("restores", parts.restores.clone().run(stop()));
    let uploads = Uploads {
        places: parts.places.clone(),
        config: UploadConfig { parallel: config.parallel.value, roots: parts.roots.clone() },
        journal: parts.journal.clone(),
        board: parts.board.clone(),
        clock: Arc::clone(&parts.clock),
    };
    tasks.spawn("deliver", uploads.run(stop()));
    let (limit, journal, clock) = (Arc::clone(&parts.uplink), parts.journal.clone(), Arc::clone(&parts.clock));
    tasks.spawn("uplink", super::uplink::follow(config.network.uplink(), limit, journal, clock, stop()));
    let stores = parts.places.clone();
    let to_back_up = super::backups::Parts {
        journal: &parts.journal,
        board: &parts.board,
        clock: &parts.clock,
        ids: &parts.ids,
        roots: &parts.roots,
        stores: Arc::new(move |id| stores.get(id).map(|open| open.store)),
        manifests: Manifests {
            scratch: config.data.value.join("drafts"),
            hostname: hostname().unwrap_or_else(|| "unknown".to_owned()),
        },
    };
    super::backups::start(&mut tasks, config, to_back_up, &parts.engines_stop);
    let ledger = Ledger { escalation: config.notifications.escalation() };
    tasks.spawn("notify", kilat_notify::run(ledger, parts.journal.clone(), Arc::clone(&parts.clock), stop()));
    tasks.spawn("targets", parts.targets.clone().run(stop()));
    tasks.spawn("push", parts.push.clone().run(stop()));
    let others = std::iter::once(&config.data.value).chain(parts.roots.values()).cloned().collect();
    let space = SpaceConfig { others };
    tasks.spawn(
        "host",
        kilat_host::run(space, parts.board.clone(), parts.journal.clone(), Arc::clone(&parts.clock), stop()),
    );
    let own = Use { folder: config.data.value.clone(), what: "data folder".to_owned() };
    let watched = parts.hot.values().map(|root| Use { folder: root.clone(), what: "hot folder".to_owned() });
    let machine = MachineConfig { uses: std::iter::once(own).chain(watched).collect() };
    tasks.spawn(
        "machine",
        kilat_host::measure(machine, parts.board.clone(), parts.journal.clone(), Arc::clone(&parts.clock), stop()),
    );
    ftp::start(&mut tasks, ftp, config, parts);
    let stats = Arc::clone(&parts.stats);
    let (journal, clock, ids) = (parts.journal.clone(), Arc::clone(&parts.clock), Arc::clone(&parts.ids));
    tasks.spawn(
        "ingest",
        kilat_ingest::run(
            intake::config(config, (&parts.hot, &parts.intake)),
            journal,
            clock,
            ids,
            Arc::clone(&stats),
            stop(),
        ),
    );
    let cables = super::cables::Parts {
        journal: parts.journal.clone(),
        intake: parts.intake.clone(),
        board: parts.board.clone(),
        clock: Arc::clone(&parts.clock),
    };
    let ports = super::cables::start(&mut tasks, config, cables, &parts.engines_stop);
    cameras::start(&mut tasks, config, parts, ports);
    let (journal, dead) = (parts.journal.clone(), stop());
    tasks.spawn("journal", async move {
        tokio::select! {
            error = journal.died() => Err(error),
            () = dead.asked() => Ok(()),
        }
    });
    tasks.spawn(
        "statistics",
        statistics::log(hub.clone(), parts.journal.clone(), Arc::clone(&parts.clock), stats, stop()),
    );
    tasks
}

fn previews(parts: &Parts, data: &Path) -> PreviewConfig {
    PreviewConfig {
        folder: data.join("previews"),
        program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("kilat")),
        arguments: vec!["preview-worker".to_owned()],
        roots: parts.roots.clone(),
    }
}

pub(super) fn due_kinds(config: &Config) -> Vec<PhotoKind> {
    let mut kinds = vec![PhotoKind::Jpeg, PhotoKind::Heic, PhotoKind::Sidecar];
    kinds.extend(config.upload_raw.value.then_some(PhotoKind::Raw));
    kinds.extend(config.upload_video.value.then_some(PhotoKind::Video));
    kinds
}

async fn end(engines: Tasks, front: Tasks, parts: &Parts) -> Vec<Failure> {
    let mut failures = engines.finish(ENGINES_END).await;
    failures.extend(front.finish(FRONT_ENDS).await);
    if let Err(error) = parts.journal.close().await {
        tracing::error!(%error, "the journal was not folded; the next start reads its log");
    }
    failures
}

fn hostname() -> Option<String> {
    rustix::system::uname().nodename().to_str().ok().map(str::to_owned)
}

pub(super) fn cannot_write(data: &Path, error: &std::io::Error) -> Fail {
    let what = format!("cannot write into the data folder {}: {error}", data.display());
    Fail::new(Code::DataFolder, what, "free some space there, or make it yours: chown and chmod 700")
}

fn died(why: &str) -> Fail {
    Fail::new(
        Code::TaskDied,
        format!("Kilat ended badly: {why}"),
        "start it again: nothing acknowledged is lost; please report this",
    )
}
