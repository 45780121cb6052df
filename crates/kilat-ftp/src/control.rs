//! One connection, from its greeting to its end: a command at a time, and beside a transfer only its abort.
//!
//! Deliberately absent: connecting to anybody (`PORT`), and reading, deleting or overwriting what was sent.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use kilat_core::Stop;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_rustls::TlsAcceptor;

use crate::Sender;
use crate::command::Command;
use crate::data::Passive;
use crate::line::{Came, Line, MOST_LINE_BYTES};
use crate::reply::{Reply, code};
use crate::server::Shared;
use crate::session::Session;

/// Within this somebody has signed in.
const SIGN_IN: Duration = Duration::from_secs(20);
/// A connection that asks for nothing for so long is ended.
const IDLE: Duration = Duration::from_secs(600);
/// How often a transfer is a sign of life.
const BEAT: Duration = Duration::from_secs(2);

/// One connection.
pub(crate) struct Control {
    pub(crate) shared: Arc<Shared>,
    pub(crate) session: Arc<Session>,
    line: Line,
    /// The address that the client came to, and its own.
    pub(crate) at: IpAddr,
    pub(crate) from: IpAddr,
    pub(crate) user: Option<String>,
    /// Who it is, once that is known; for the rest of the connection.
    pub(crate) sender: Option<Sender>,
    /// What TLS is agreed on by for files, once it was for commands.
    pub(crate) acceptor: Option<TlsAcceptor>,
    pub(crate) is_data_private: bool,
    pub(crate) folder: PathBuf,
    /// Where the next file goes on.
    pub(crate) rest: u64,
    pub(crate) renames: Option<PathBuf>,
    pub(crate) passive: Option<Passive>,
}

/// What is done beside the line.
pub(crate) struct Transfer {
    pub(crate) work: Pin<Box<dyn Future<Output = Reply> + Send>>,
    pub(crate) abort: oneshot::Sender<()>,
}

/// What a command leads to.
pub(crate) enum Next {
    Tell(Reply),
    Begin(Transfer),
    Secure { commands: TlsAcceptor, data: TlsAcceptor },
    End(Reply),
}

impl From<Reply> for Next {
    fn from(reply: Reply) -> Self {
        Self::Tell(reply)
    }
}

impl Control {
    pub(crate) fn new(
        shared: Arc<Shared>,
        session: Arc<Session>,
        stream: TcpStream,
        (at, from): (IpAddr, IpAddr),
    ) -> Self {
        Self {
            shared,
            session,
            line: Line::new(stream),
            at,
            from,
            user: None,
            sender: None,
            acceptor: None,
            is_data_private: false,
            folder: PathBuf::from("/"),
            rest: 0,
            renames: None,
            passive: None,
        }
    }

    /// Whether what is said is encrypted.
    pub(crate) fn is_private(&self) -> bool {
        self.line.is_private()
    }

    /// Serves it to its end. A file on its way comes to its own end first.
    pub(crate) async fn serve(mut self, stop: &Stop) {
        if let Err(error) = self.run(stop).await {
            tracing::debug!(%error, from = %self.from, "FTP: a connection ended");
        }
        self.line.end().await;
        self.session.land_waiting(self.sender.as_ref()).await;
    }

    async fn run(&mut self, stop: &Stop) -> io::Result<()> {
        self.tell(&Reply::new(code::WELCOME, "Kilat takes photos")).await?;
        let until_signed_in = Instant::now() + SIGN_IN;
        let mut last = Instant::now();
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut transfer: Option<Transfer> = None;
        // What was said beside a transfer waits for its end.
        let mut said: Option<Command> = None;
        let mut ended: Option<io::Result<()>> = None;
        loop {
            if transfer.is_none() {
                if let Some(ended) = ended {
                    return ended;
                }
                if let Some(command) = said.take() {
                    last = Instant::now();
                    match self.answer(command, until_signed_in).await? {
                        Some(begun) => transfer = begun,
                        None => return Ok(()),
                    }
                    continue;
                }
            }
            let is_busy = transfer.is_some();
            let late = if self.sender.is_some() { last + IDLE } else { until_signed_in };
            tokio::select! {
                reply = through(&mut transfer) => {
                    (transfer, last) = (None, Instant::now());
                    if ended.is_none() {
                        self.tell(&reply).await?;
                    }
                }
                came = self.line.next(), if ended.is_none() && said.is_none() => match came {
                    Ok(Came::Line(line)) => {
                        self.heard();
                        let command = Command::parse(&line);
                        match transfer.take() {
                            Some(begun) if command.word == "ABOR" => self.abort(begun).await?,
                            other => (transfer, said) = (other, Some(command)),
                        }
                    }
                    Ok(Came::TooLong) => {
                        self.tell_talker().await;
                        ended = Some(Err(io::Error::new(io::ErrorKind::InvalidData, "a line has no end")));
                    }
                    Ok(Came::End) => ended = Some(Ok(())),
                    Err(error) => ended = Some(Err(error)),
                },
                _ = beat.tick(), if is_busy => self.heard(),
                () = tokio::time::sleep_until(late), if !is_busy => {
                    let why = if self.sender.is_some() { "Nothing came for long" } else { "Nobody signed in" };
                    return self.tell(&Reply::new(code::CLOSING, why)).await;
                }
                () = stop.asked(), if !is_busy => {
                    return self.tell(&Reply::new(code::CLOSING, "Kilat stops: come again soon")).await;
                }
            }
        }
    }

    /// Does what a command asks for; none when that was to end.
    async fn answer(&mut self, command: Command, until: Instant) -> io::Result<Option<Option<Transfer>>> {
        match self.obey(command).await {
            Next::Tell(reply) => self.tell(&reply).await?,
            Next::Begin(transfer) => {
                self.tell(&Reply::new(code::OPENING, "Go ahead")).await?;
                return Ok(Some(Some(transfer)));
            }
            Next::Secure { commands, data } => {
                self.tell(&Reply::new(code::SECURE, "Go ahead with TLS")).await?;
                let agreed = tokio::time::timeout_at(until, self.line.secure(commands)).await;
                agreed.map_err(|_late| io::ErrorKind::TimedOut)??;
                self.acceptor = Some(data);
            }
            Next::End(reply) => {
                self.tell(&reply).await?;
                return Ok(None);
            }
        }
        Ok(Some(None))
    }

    /// Ends a transfer: what came of it is kept as cut off.
    async fn abort(&mut self, transfer: Transfer) -> io::Result<()> {
        // One that is through has nobody who listens.
        transfer.abort.send(()).unwrap_or(());
        let reply = transfer.work.await;
        self.tell(&reply).await?;
        self.tell(&Reply::new(code::DONE, "Aborted")).await
    }

    async fn tell(&mut self, reply: &Reply) -> io::Result<()> {
        self.line.tell(&reply.bytes()).await
    }

    /// Any word of a camera is a sign of its life.
    fn heard(&self) {
        if let Some(sender) = &self.sender {
            self.shared.door.heard(&sender.camera);
        }
    }

    /// It sends a line without an end.
    async fn tell_talker(&mut self) {
        let name = self.sender.as_ref().map_or("somebody who did not sign in", |sender| &sender.name);
        if let Some(said) = self.shared.refusals.ended(name, self.from) {
            tracing::warn!(from = %self.from, "FTP: {said}");
        }
        let reply = Reply::new(code::UNKNOWN, format!("A line may have {MOST_LINE_BYTES} bytes"));
        // Whoever floods may not read it.
        drop(self.tell(&reply).await);
    }
}

/// How a transfer ended; for ever while there is none.
async fn through(transfer: &mut Option<Transfer>) -> Reply {
    match transfer {
        Some(transfer) => transfer.work.as_mut().await,
        None => std::future::pending().await,
    }
}
