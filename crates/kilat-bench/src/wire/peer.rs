//! The servers under test: how each is started, pinned to a core of its own, and reached.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use kilat_testkit::{Folders, Server, Start};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::dialect::{Dialect, Subscribe};
use crate::{Outcome, Setup};

/// A server that messages are fanned out by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// One thread, one write per message and socket, plain TCP.
    Floor,
    /// The same with 8 frames joined per write.
    FloorJoined,
    /// Plain axum and tokio-tungstenite with a broadcast channel.
    Axum,
    /// Node `ws`, as the replaced design used it.
    Ws,
    /// Socket.IO.
    SocketIo,
    /// Ours.
    Kilat,
}

impl Peer {
    /// All, in the order of the table.
    pub const ALL: [Self; 6] = [Self::Floor, Self::FloorJoined, Self::Axum, Self::Ws, Self::SocketIo, Self::Kilat];

    /// Frames that one write of the floor carries.
    pub(crate) const JOINED: u32 = 8;
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Floor => "floor: one `write()` per message and socket",
            Self::FloorJoined => "floor, 8 frames joined per write",
            Self::Axum => "axum, plain broadcast, TCP_NODELAY",
            Self::Ws => "Node `ws`, one stringify per client",
            Self::SocketIo => "Socket.IO",
            Self::Kilat => "Kilat",
        })
    }
}

/// Where the servers are.
#[derive(Debug, Clone)]
pub struct Stand {
    /// Ours, and where it may write.
    pub setup: Setup,
    /// The folder of the Node programs, with their packages.
    pub peers: PathBuf,
    /// This program, which is two of the servers.
    pub itself: PathBuf,
    /// The core that servers have to themselves, where there are two.
    pub core: Option<usize>,
}

impl Stand {
    /// Gives the first core that we may use to the servers, and the second to this process.
    ///
    /// # Errors
    /// When the system refuses although there are two.
    pub fn pin(mut self) -> Outcome<Self> {
        let allowed = sched_getaffinity(None)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core));
        if let Some((server, client)) = cores.next().zip(cores.next()) {
            let mut ours = CpuSet::new();
            ours.set(client);
            sched_setaffinity(None, &ours)
                .map_err(|error| format!("cannot pin the load client to core {client}: {error}"))?;
            self.core = Some(server);
        }
        Ok(self)
    }
}

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) pid: i32,
    pub(crate) viewers: SocketAddr,
    pub(crate) feed: SocketAddr,
    pub(crate) dialect: Dialect,
    /// What ends when this is dropped, in this order.
    _peer: Option<Guard>,
    _kilat: Option<Server>,
    _folders: Option<Folders>,
}

#[derive(Debug)]
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        // Gone already is what was wanted.
        self.0.kill().unwrap_or(());
        self.0.wait().map(|_| ()).unwrap_or(());
    }
}

impl Running {
    pub(crate) fn start(stand: &Stand, peer: Peer) -> Outcome<Self> {
        let itself = stand.itself.as_path();
        let node = |script: &str| vec![Path::new("node").to_owned(), stand.peers.join(script)];
        let command = match peer {
            Peer::Floor => vec![itself.to_owned(), "serve-floor".into(), "1".into()],
            Peer::FloorJoined => vec![itself.to_owned(), "serve-floor".into(), Peer::JOINED.to_string().into()],
            Peer::Axum => vec![itself.to_owned(), "serve-axum".into()],
            Peer::Ws => node("ws.js"),
            Peer::SocketIo => node("socketio.js"),
            Peer::Kilat => {
                let folders = Folders::below(&stand.setup.folder)?;
                let running = Self::kilat(stand, &folders, Subscribe::Upload)?;
                return Ok(Self { _folders: Some(folders), ..running });
            }
        };
        let dialect = match peer {
            Peer::Floor | Peer::FloorJoined => Dialect::Floor,
            Peer::Axum | Peer::Ws | Peer::Kilat => Dialect::WebSocket,
            Peer::SocketIo => Dialect::SocketIo,
        };
        Self::peer(stand, &command, dialect)
    }

    fn peer(stand: &Stand, command: &[PathBuf], dialect: Dialect) -> Outcome<Self> {
        let pinned: Vec<PathBuf> = pinning(stand).into_iter().map(Into::into).chain(command.iter().cloned()).collect();
        let mut child = Command::new(&pinned[0])
            .args(&pinned[1..])
            .env("NODE_ENV", "production")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {pinned:?}: {error}"))?;
        let pid = child.id() as i32;
        let said = child.stdout.take();
        let guard = Guard(child);
        let mut line = String::new();
        if let Some(said) = said {
            BufReader::new(said).read_line(&mut line)?;
        }
        let ports: Vec<u16> = line.split_whitespace().skip(1).filter_map(|port| port.parse().ok()).collect();
        let [viewers, feed] = ports[..] else {
            return Err(format!("{pinned:?} said {line:?} and not which ports it has").into());
        };
        let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Ok(Self {
            pid,
            viewers: at(viewers),
            feed: at(feed),
            dialect,
            _peer: Some(guard),
            _kilat: None,
            _folders: None,
        })
    }

    /// Kilat in folders that outlive it.
    pub(crate) fn kilat(stand: &Stand, folders: &Folders, subscribe: Subscribe) -> Outcome<Self> {
        let token = format!("{:032x}", SmallRng::from_os_rng().random::<u128>());
        let mut under = vec!["env".to_owned(), format!("KILAT_TOKEN={token}")];
        under.extend(pinning(stand));
        let server = Server::start_with(&stand.setup.kilat, folders, &Start { under, ..Start::default() });
        let address = server.ws.trim_start_matches("ws://").split('/').next().unwrap_or_default();
        let viewers = address.parse().map_err(|error| format!("{:?} is no address: {error}", server.ws))?;
        let dialect = Dialect::Kilat { token, subscribe };
        let pid = server.pid();
        Ok(Self { pid, viewers, feed: viewers, dialect, _peer: None, _kilat: Some(server), _folders: None })
    }
}

fn pinning(stand: &Stand) -> Vec<String> {
    stand.core.map_or_else(Vec::new, |core| ["taskset", "-c", &core.to_string()].map(str::to_owned).to_vec())
}

/// Tells the bench where viewers and messages are awaited.
pub(crate) fn say_ready(viewers: u16, feed: u16) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "ready {viewers} {feed}")?;
    out.flush()
}

/// Ends this process when the bench, which holds the other end of our input, is gone.
pub(crate) fn end_with_the_bench() {
    #[expect(clippy::exit, reason = "a server without an owner has nothing to put in order")]
    thread::spawn(|| {
        // Nothing is ever written there: this returns at its end.
        io::stdin().lock().read_to_end(&mut Vec::new()).unwrap_or(0);
        std::process::exit(0);
    });
}
