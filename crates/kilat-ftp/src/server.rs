//! Lets connections in, a bounded number of each address, and ends those that hold one for nothing.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kilat_core::{Clock, Stop};
use kilat_ingest::Intake;
use socket2::SockRef;
use tokio::task::{Id, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use crate::Door;
use crate::control::Control;
use crate::ports::Ports;
use crate::refusals::Refusals;
use crate::session::Session;
use crate::tally::Tally;

/// Connections at once: some bodies open one for each file.
const MOST: usize = 128;
/// Of one address, which may be a whole venue's.
const MOST_OF_ADDRESS: usize = 48;
/// What the system keeps of commands that nobody reads yet.
const COMMAND_BUFFER_BYTES: usize = 4_096;
/// How long files on their way may go on at the end.
const LINGER: Duration = Duration::from_secs(4);
/// Between two reports of what came.
const REPORT: Duration = Duration::from_secs(60);
/// After a failure to accept: out of open files, most likely.
const PAUSE: Duration = Duration::from_millis(200);

/// The certificate of FTPS, read for each connection: one that was renewed is used at once.
#[derive(Debug, Clone)]
pub struct Tls {
    /// PEM.
    pub certificate: PathBuf,
    /// PEM.
    pub key: PathBuf,
    /// Whether nobody signs in or sends in the clear.
    pub is_required: bool,
}

/// What the server is told.
#[derive(Debug, Clone)]
pub struct FtpConfig {
    /// FTPS, if it is offered.
    pub tls: Option<Tls>,
    /// Ports of data connections; `0..=0` lets the system choose.
    pub passive_ports: RangeInclusive<u16>,
    /// What is told to clients to connect to, where it is not the address that they came to.
    pub passive_host: Option<Ipv4Addr>,
}

/// What all connections share.
pub(crate) struct Shared {
    pub(crate) intake: Intake,
    pub(crate) door: Arc<dyn Door>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tally: Tally,
    pub(crate) config: FtpConfig,
    pub(crate) ports: Ports,
    pub(crate) refusals: Arc<Refusals>,
}

/// A server that is bound.
#[derive(Debug)]
pub struct FtpServer {
    listener: TcpListener,
    address: SocketAddr,
}

impl FtpServer {
    /// Takes the address.
    ///
    /// # Errors
    /// The system's.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Where it answers.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until asked to stop; files on their way may end then.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub async fn run(
        self,
        config: FtpConfig,
        intake: Intake,
        door: Arc<dyn Door>,
        clock: Arc<dyn Clock>,
        stop: Stop,
    ) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let (ports, refusals) = (Ports::default(), Arc::default());
        let shared = Arc::new(Shared { intake, door, clock, tally: Tally::default(), config, ports, refusals });
        let mut guests = Guests::default();
        let mut report = interval(REPORT);
        report.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.asked() => break,
                _ = report.tick() => shared.report(),
                Some(ended) = guests.tasks.join_next_with_id() => guests.left(ended),
                accepted = listener.accept() => match accepted {
                    Ok((stream, from)) => guests.welcome(&shared, stream, from.ip(), &stop),
                    Err(error) => {
                        tracing::warn!(%error, "FTP: a connection could not be accepted");
                        tokio::time::sleep(PAUSE).await;
                    }
                },
            }
        }
        drop(listener);
        let all_left = async { while guests.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(LINGER, all_left).await.is_err() {
            tracing::info!("FTP: files on their way are cut off; their cameras send them again");
            guests.tasks.shutdown().await;
        }
        shared.report();
        Ok(())
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Shared {
    /// For listings.
    pub(crate) fn wall(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(u64::try_from(self.clock.now().0).unwrap_or(0))
    }

    fn report(&self) {
        for line in self.tally.news(self.clock.monotonic()) {
            tracing::info!("FTP: {line}");
        }
        for line in self.refusals.news() {
            tracing::warn!("FTP: {line}");
        }
    }
}

/// Connections, and how many each address has.
#[derive(Debug, Default)]
struct Guests {
    tasks: JoinSet<Result<(), Infallible>>,
    from: HashMap<Id, IpAddr>,
    count: HashMap<IpAddr, usize>,
}

impl Guests {
    fn welcome(&mut self, shared: &Arc<Shared>, stream: tokio::net::TcpStream, from: IpAddr, stop: &Stop) {
        let count = self.count.entry(from).or_default();
        if *count >= MOST_OF_ADDRESS || self.from.len() >= MOST {
            tracing::debug!(%from, "FTP: too many connections");
            // Whoever floods may not read it.
            drop(stream.try_write(b"421 Too many connections: try again soon\r\n"));
            return;
        }
        *count += 1;
        let task = self.tasks.spawn(attend(Arc::clone(shared), stream, from, stop.clone()));
        self.from.insert(task.id(), from);
    }

    fn left(&mut self, ended: Result<(Id, Result<(), Infallible>), tokio::task::JoinError>) {
        let id = match ended {
            Ok((id, _)) => id,
            Err(error) => {
                tracing::warn!(%error, "FTP: a connection failed");
                error.id()
            }
        };
        let Some(from) = self.from.remove(&id) else { return };
        if let Some(count) = self.count.get_mut(&from) {
            *count -= 1;
            if *count == 0 {
                self.count.remove(&from);
            }
        }
    }
}

/// One connection, to its end.
async fn attend(
    shared: Arc<Shared>,
    stream: tokio::net::TcpStream,
    from: IpAddr,
    stop: Stop,
) -> Result<(), Infallible> {
    let session = Arc::new(Session::new(Arc::clone(&shared)));
    match prepare(&stream) {
        Ok(at) => Control::new(shared, session, stream, (at, from)).serve(&stop).await,
        Err(error) => tracing::warn!(%error, "FTP: a connection could not be served"),
    }
    Ok(())
}

/// The address that a client came to.
fn prepare(stream: &tokio::net::TcpStream) -> io::Result<IpAddr> {
    SockRef::from(stream).set_recv_buffer_size(COMMAND_BUFFER_BYTES)?;
    stream.set_nodelay(true)?;
    Ok(stream.local_addr()?.ip())
}
