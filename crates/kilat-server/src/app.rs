//! What every operation may use.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use kilat_auth::Access;
use kilat_core::{BoardReader, Clock, IdSource, Millis, SafetyRule, Stop, Uplink};
use kilat_hub::Hub;
use kilat_ingest::Intake;
use kilat_journal::Journal;
use kilat_notify::{Push, Targets};
use kilat_places::Places;
use kilat_restore::Restores;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::auth::{Names, UrlToken};
use kilat_wire::FtpMenu;

use crate::body::{MAX_BODY_BYTES, whole_body};
use crate::guard::{Gate, guard};
use crate::http::{Receiving, linger};
use crate::imports::Imports;
use crate::once::{Once, once};
use crate::previews::{PreviewConfig, Previews};
use crate::{http, poll, ui, ws};

/// Calls that may wait for news at once: each holds a connection and a few kilobytes.
const MAX_WAITING: usize = 2_000;

/// What the server is built from.
pub struct AppConfig {
    /// Live state.
    pub hub: Hub,
    /// The truth.
    pub journal: Journal,
    /// What is measured.
    pub board: BoardReader,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<IdSource>,
    /// How previews are made and where they are kept.
    pub previews: PreviewConfig,
    /// The server's version.
    pub version: String,
    /// When it started.
    pub started_at: Millis,
    /// Asked when the server stops.
    pub stopping: Stop,
    /// Who may come in.
    pub access: Access,
    /// From where.
    pub door: DoorConfig,
    /// How many copies every photo must have before its card may be formatted.
    pub rule: SafetyRule,
    /// What copies over the network may take.
    pub uplink: Uplink,
    /// The destinations in use.
    pub places: Places,
    /// Photos brought back.
    pub restores: Restores,
    /// Who is told beyond the browser.
    pub targets: Targets,
    /// Devices that people signed up.
    pub push: Push,
    /// What photos are handed in to; none in a simulation, which has no cameras.
    pub intake: Option<Intake>,
    /// Where cameras send to by FTP; none where it is off.
    pub ftp: Option<FtpMenu>,
}

/// From where the server may be called.
#[derive(Debug, Clone)]
pub struct DoorConfig {
    /// Names under which it may be called, beside loopback names and the address that a caller reached.
    pub hosts: Vec<String>,
    /// Pages of other sites that may call it, for example `https://studio.example`.
    pub origins: Vec<String>,
    /// Whether a token may stand in the address of a WebSocket or a channel call.
    pub url_token: bool,
    /// Whether it answers with TLS.
    pub is_tls: bool,
    /// The page's port.
    pub web_port: u16,
    /// The WebSocket's port.
    pub ws_port: u16,
}

pub(crate) struct Inner {
    pub(crate) hub: Hub,
    pub(crate) journal: Journal,
    pub(crate) board: BoardReader,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<IdSource>,
    pub(crate) previews: Previews,
    pub(crate) version: String,
    pub(crate) started_at: Millis,
    pub(crate) access: Access,
    pub(crate) is_tls: bool,
    pub(crate) ws_port: Option<u16>,
    pub(crate) sessions: TaskTracker,
    /// Calls that wait for news.
    pub(crate) waiting: Semaphore,
    pub(crate) stopping: Stop,
    last_command: Mutex<Option<String>>,
    gate: Gate,
    once: Once,
    pub(crate) rule: SafetyRule,
    pub(crate) uplink: Uplink,
    pub(crate) places: Places,
    pub(crate) restores: Restores,
    pub(crate) targets: Targets,
    pub(crate) push: Push,
    pub(crate) receiving: Option<Receiving>,
    pub(crate) ftp: Option<FtpMenu>,
    pub(crate) imports: Imports,
}

/// Handle for every operation; cheap to clone.
#[derive(Clone)]
pub struct App(pub(crate) Arc<Inner>);

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(config: AppConfig) -> Self {
        let door = config.door;
        let ports = vec![door.web_port, door.ws_port];
        let gate = Gate {
            names: Names::new(&door.hosts, &door.origins, door.is_tls, ports),
            access: config.access.clone(),
            url_token: if door.url_token { UrlToken::Allowed } else { UrlToken::NotAllowed },
        };
        let sessions = TaskTracker::new();
        let now = config.clock.now();
        let imports = Imports::new(config.journal.head());
        let app = Self(Arc::new(Inner {
            once: Once::new(sessions.clone()),
            hub: config.hub,
            previews: Previews::new(config.previews, config.journal.clone()),
            journal: config.journal,
            board: config.board,
            clock: config.clock,
            ids: config.ids,
            version: config.version,
            started_at: config.started_at,
            access: config.access,
            is_tls: door.is_tls,
            ws_port: (door.ws_port != door.web_port).then_some(door.ws_port),
            sessions,
            waiting: Semaphore::new(MAX_WAITING),
            stopping: config.stopping,
            last_command: Mutex::new(None),
            gate,
            rule: config.rule,
            uplink: config.uplink,
            places: config.places,
            restores: config.restores,
            targets: config.targets,
            push: config.push,
            ftp: config.ftp,
            receiving: config.intake.map(|intake| Receiving::new(intake, now)),
            imports,
        }));
        app.0.sessions.spawn(Receiving::take_up(app.clone()));
        let following = app.clone();
        app.0.sessions.spawn(async move {
            following.0.imports.follow(&following.0.journal, &following.0.stopping).await;
        });
        app
    }

    /// What answers on the web port.
    pub fn web(&self) -> Router {
        self.finish(Router::new().merge(http::routes()).merge(poll::routes()).merge(ui::routes()).merge(ws::routes()))
    }

    /// What answers on the WebSocket port: the same, and the upgrade at any path, as old clients ask for it.
    pub fn socket(&self) -> Router {
        self.finish(
            Router::new().merge(http::routes()).merge(poll::routes()).merge(ui::page_routes()).merge(ws::everywhere()),
        )
    }

    /// Waits until every viewer was told and left; the caller bounds the wait.
    pub async fn sessions_ended(&self) {
        self.0.sessions.close();
        self.0.sessions.wait().await;
    }

    pub(crate) fn set_last_command(&self, command: &str) {
        *self.0.last_command.lock().unwrap_or_else(PoisonError::into_inner) = Some(command.to_owned());
    }

    pub(crate) fn last_command(&self) -> Option<String> {
        self.0.last_command.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn finish(&self, router: Router<App>) -> Router {
        router
            .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
            .layer(middleware::from_fn_with_state(self.0.once.clone(), once))
            .layer(middleware::from_fn(whole_body))
            .layer(middleware::from_fn_with_state(self.0.gate.clone(), guard))
            .layer(middleware::from_fn_with_state(self.clone(), linger))
            .with_state(self.clone())
    }
}
