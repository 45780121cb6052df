//! The server's host: journal, hub, access, routes and sessions as the binary puts them together.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kilat_auth::{Access, AccessConfig, KEY_BYTES, Sealer, Secrets, hash_of};
use kilat_core::{Board, Clock, Destination, Fact, IdSource, Medium, SafetyRule, Stop, Uplink};
use kilat_hub::{About, Hub, HubConfig};
use kilat_journal::{Journal, JournalError};
use kilat_notify::{Push, PushConfig, Targets, TargetsConfig, Vapid};
use kilat_objects::{Known, ObjectStore};
use kilat_places::{Field, Opener, Places, PlacesConfig};
use kilat_restore::{RestoreConfig, Restores};
use kilat_server::{App, AppConfig, DoorConfig, PreviewConfig, Server};
use rand::SeedableRng;
use rand::rngs::{SmallRng, StdRng};
use turmoil::net::TcpListener;

use crate::run::Build;
use crate::world::{PORT, TOKEN, Work, World, lock};

/// How often connections are looked after, as in the binary.
const SWEEP: Duration = Duration::from_secs(1);
/// How often the host looks for work.
const LOOK: Duration = Duration::from_millis(10);
/// What open sessions get to end in.
const GOODBYE: Duration = Duration::from_secs(3);

/// Nothing is copied here.
struct NoStores;

impl Opener for NoStores {
    fn fields(&self, _medium: Medium) -> Vec<Field> {
        Vec::new()
    }

    fn address(&self, _text: &str) -> Result<PathBuf, String> {
        Err("nothing is copied in a simulation".to_owned())
    }

    fn open(&self, _place: &Destination, _secrets: &Secrets, _known: Known) -> Result<Arc<dyn ObjectStore>, String> {
        Err("nothing is copied in a simulation".to_owned())
    }
}

/// Runs until it is asked to stop.
pub(crate) async fn serve(world: Arc<World>) -> turmoil::Result {
    let clock: Arc<dyn Clock> = Arc::clone(&world.clock) as Arc<dyn Clock>;
    let ids = Arc::new(IdSource::new(Arc::clone(&clock)));
    let journal = Journal::open(&world.journal, Arc::clone(&clock), Arc::clone(&ids))?;
    let stop = Stop::new();
    *lock(&world.stop) = Some(stop.clone());
    let config = AccessConfig { environment: Some(hash_of(TOKEN)), anonymous: None };
    let rng = StdRng::seed_from_u64(world.seed);
    let access = Access::open(journal.clone(), Arc::clone(&clock), Arc::clone(&ids), rng, config).await?;
    let about = About { version: "sim".to_owned(), started_at: clock.now(), is_demo: false };
    let board = Board::new();
    let readers = (board.reader(), board.reader());
    let hub_config = HubConfig { due_kinds: Vec::new(), about: about.clone() };
    let make = match world.build {
        Build::Real => Hub::new,
        Build::PlantedBug => Hub::with_planted_bug,
    };
    let (hub, task) = make(journal.clone(), readers, Arc::clone(&clock), hub_config);
    let places = Places::open(PlacesConfig {
        journal: journal.clone(),
        ids: Arc::clone(&ids),
        sealer: Sealer::new(&[0; KEY_BYTES]),
        opener: Arc::new(NoStores),
        environment: Box::new(|_, _| None),
    })
    .await?;
    let restores = Restores::open(RestoreConfig {
        journal: journal.clone(),
        board: board.clone(),
        places: places.clone(),
        clock: Arc::clone(&clock),
        ids: Arc::clone(&ids),
        data: world.journal.with_file_name("data"),
        hot_folders: Vec::new(),
    })
    .await?;
    let nobody =
        TargetsConfig { named: Vec::new(), sealer: Sealer::new(&[0; KEY_BYTES]), environment: Box::new(|_, _| None) };
    let targets = Targets::open(nobody, journal.clone(), Arc::clone(&clock)).await?;
    let push = PushConfig {
        vapid: Vapid::read(&Vapid::make()?, None)?,
        is_own_network: false,
        still_holds: Box::new(|_| true),
    };
    let push = Push::open(push, journal.clone(), Arc::clone(&clock)).await?;
    let app = App::new(AppConfig {
        hub: hub.clone(),
        journal: journal.clone(),
        board: board.reader(),
        clock: Arc::clone(&clock),
        ids,
        previews: PreviewConfig {
            folder: world.journal.with_file_name("previews"),
            program: "none".into(),
            arguments: Vec::new(),
            roots: BTreeMap::new(),
        },
        version: about.version,
        started_at: about.started_at,
        stopping: stop.clone(),
        access: access.clone(),
        door: DoorConfig {
            hosts: Vec::new(),
            origins: Vec::new(),
            url_token: false,
            is_tls: false,
            web_port: PORT,
            ws_port: PORT,
        },
        rule: SafetyRule::default(),
        uplink: Uplink { always: None, ceremony: NonZeroU64::MIN },
        places,
        restores,
        targets,
        push,
        intake: None,
        ftp: None,
    });
    let listener = TcpListener::bind((IpAddr::V4(Ipv4Addr::UNSPECIFIED), PORT)).await?;
    tokio::spawn(access.run(stop.clone()));
    let hub_stop = stop.clone();
    let hub_rng = SmallRng::seed_from_u64(world.seed);
    let live = tokio::spawn(async move { task.run(hub_stop, hub_rng).await });
    tokio::select! {
        () = accept(listener, &app, &stop) => {}
        () = sweep(&hub) => {}
        worked = work(&world, &journal) => worked?,
        () = stop.asked() => {}
    }
    live.await??;
    // Sessions that do not end by then are cut, as in the binary.
    if tokio::time::timeout(GOODBYE, app.sessions_ended()).await.is_err() {
        world.tell(world.clock.monotonic(), "some sessions did not end in time");
    }
    Ok(())
}

async fn accept(listener: TcpListener, app: &App, stop: &Stop) {
    loop {
        let Ok((stream, peer)) = listener.accept().await else { continue };
        let Ok(local) = stream.local_addr() else { continue };
        tokio::spawn(Server::answer(stream, (peer, local.ip()), app.socket(), stop.clone()));
    }
}

async fn sweep(hub: &Hub) {
    let mut tick = tokio::time::interval(SWEEP);
    loop {
        tick.tick().await;
        hub.sweep(|_who| true);
    }
}

/// Records what is asked for. Time stands still meanwhile: a blocking task keeps the paused clock from moving.
async fn work(world: &World, journal: &Journal) -> turmoil::Result {
    let mut tick = tokio::time::interval(LOOK);
    loop {
        tick.tick().await;
        let work = std::mem::take(&mut *lock(&world.work));
        if work.is_empty() {
            continue;
        }
        let (journal, runtime) = (journal.clone(), tokio::runtime::Handle::current());
        let recorded = tokio::task::spawn_blocking(move || {
            let mut head = None;
            for work in work {
                let is_entries = matches!(work, Work::Entries(_));
                let recorded = runtime.block_on(journal.append(facts(work)))?;
                head = recorded.last().filter(|_| is_entries).map(|last| last.offset.0).or(head);
            }
            Ok::<_, JournalError>(head)
        });
        if let Some(head) = recorded.await?? {
            *lock(&world.head) = head;
        }
    }
}

fn facts(work: Work) -> Vec<Fact> {
    match work {
        Work::Pause(true) => vec![Fact::UploadsPaused],
        Work::Pause(false) => vec![Fact::UploadsResumed],
        Work::Entries(channels) => channels
            .into_iter()
            .map(|channel| Fact::Published {
                channel: channel.to_string(),
                kind: "note".to_owned(),
                payload: r#"{"text":"a line about as long as those that tell of a photo on its way"}"#.to_owned(),
            })
            .collect(),
    }
}
