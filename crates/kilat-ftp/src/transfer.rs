//! Commands that send something: photos here, lists there. What is refused is refused before its first byte.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use crate::Sender;
use crate::command::Command;
use crate::control::{Control, Next, Transfer};
use crate::data::{Abortable, Passive, send};
use crate::listing::{self, Style};
use crate::names::name_of;
use crate::reply::{Refusal, Reply, code};

/// A client that was told that its file is here closes its end within this.
const LAST_WORD: Duration = Duration::from_secs(5);

impl From<Result<Transfer, Refusal>> for Next {
    fn from(begun: Result<Transfer, Refusal>) -> Self {
        match begun {
            Ok(transfer) => Self::Begin(transfer),
            Err(refusal) => Self::Tell(refusal.into()),
        }
    }
}

/// A data connection that was asked for, and who asked.
struct Asked {
    passive: Passive,
    tls: Option<TlsAcceptor>,
    sender: Sender,
}

impl Control {
    /// `PASV` and `EPSV`.
    pub(crate) fn open_port(&mut self, command: &Command) -> Reply {
        let is_extended = command.word == "EPSV";
        if is_extended && command.option() == "ALL" {
            return Reply::new(code::OK, "So it is");
        }
        // The one before is closed first: there may be no other port.
        self.passive = None;
        let config = &self.shared.config;
        let host = config.passive_host.map_or(self.at, IpAddr::V4);
        let IpAddr::V4(host) = host else {
            if is_extended {
                return self.listen(|port| Reply::new(code::PASSIVE_PORT, format!("Come to (|||{port}|)")));
            }
            return Reply::new(code::NO_DATA, "PASV is of IPv4: use EPSV");
        };
        let [a, b, c, d] = host.octets();
        self.listen(|port| {
            if is_extended {
                return Reply::new(code::PASSIVE_PORT, format!("Come to (|||{port}|)"));
            }
            Reply::new(code::PASSIVE, format!("Come to ({a},{b},{c},{d},{},{})", port >> 8, port & 0xff))
        })
    }

    fn listen(&mut self, told: impl FnOnce(u16) -> Reply) -> Reply {
        let (shared, at, from) = (&self.shared, self.at, self.from);
        match Passive::open(&shared.ports, at, &shared.config.passive_ports, from) {
            Ok(passive) => {
                let reply = told(passive.port());
                self.passive = Some(passive);
                reply
            }
            Err(_told) => Reply::new(code::NO_DATA, "No port is free: try again soon"),
        }
    }

    fn asked(&mut self) -> Result<Asked, Refusal> {
        let sender = self.sender.clone().ok_or_else(|| Refusal::new(code::NOT_SIGNED_IN, "Sign in first"))?;
        if self.must_be_private() && !self.is_data_private {
            return Err(Refusal::new(code::CLEAR_DATA, "Only encrypted files here: PROT P first"));
        }
        let passive = self.passive.take();
        let passive = passive.ok_or_else(|| Refusal::new(code::NO_DATA, "Ask for a port first: PASV or EPSV"))?;
        let tls = if self.is_data_private { self.acceptor.clone() } else { None };
        Ok(Asked { passive, tls, sender })
    }

    /// Refuses a file that there is no room for.
    pub(crate) fn must_fit(&self, name: &str, size_bytes: Option<u64>) -> Result<(), Refusal> {
        let sender = self.sender.as_ref().ok_or_else(|| Refusal::new(code::NOT_SIGNED_IN, "Sign in first"))?;
        let fits = self.shared.intake.must_fit(size_bytes);
        fits.map_err(|error| crate::session::tell(sender, name, &error))
    }

    /// `STOR`.
    pub(crate) fn store(&mut self, command: &Command) -> Result<Transfer, Refusal> {
        // An offset is of one file, however that ends.
        let start = std::mem::take(&mut self.rest);
        let path = self.named(command)?;
        self.receive(path, start)
    }

    /// `APPE`: goes on where what is here ends.
    pub(crate) fn append(&mut self, command: &Command) -> Result<Transfer, Refusal> {
        self.rest = 0;
        let path = self.named(command)?;
        let about = self.sender.as_ref().and_then(|sender| self.session.about(sender, &path));
        let start = about.filter(|about| !about.is_folder).map_or(0, |about| about.size_bytes);
        self.receive(path, start)
    }

    fn receive(&mut self, path: PathBuf, start: u64) -> Result<Transfer, Refusal> {
        self.must_fit(&name_of(&path), None)?;
        let Asked { passive, tls, sender } = self.asked()?;
        let session = Arc::clone(&self.session);
        let (abort, aborted) = oneshot::channel();
        let work = async move {
            let stream = match passive.stream(tls).await {
                Ok(stream) => stream,
                Err(error) => return no_data(&sender, &error),
            };
            let (input, mut output) = tokio::io::split(stream);
            match session.put(&sender, path, start, Abortable::new(input, aborted)).await {
                Ok(()) => {
                    // The last word of TLS. Whoever is gone by now knows no more for it.
                    drop(tokio::time::timeout(LAST_WORD, output.shutdown()).await);
                    Reply::new(code::DONE, "It is here, and safe")
                }
                Err(refusal) => refusal.into(),
            }
        };
        Ok(Transfer { work: Box::pin(work), abort })
    }

    /// `LIST`, `NLST`, `MLSD`.
    pub(crate) fn list(&mut self, command: &Command, style: Style) -> Result<Transfer, Refusal> {
        let path = command.path_behind_options().map_or_else(|| Ok(self.folder.clone()), |path| self.below(&path))?;
        let Asked { passive, tls, sender } = self.asked()?;
        let bytes = listing::list(style, &self.session.list(&path));
        let (abort, aborted) = oneshot::channel();
        let work = async move {
            let sent = async {
                let stream = passive.stream(tls).await?;
                send(stream, &bytes).await
            };
            tokio::select! {
                sent = sent => match sent {
                    Ok(()) => Reply::new(code::DONE, "That is all"),
                    Err(error) => no_data(&sender, &error),
                },
                Ok(()) = aborted => Reply::new(code::CUT, "Aborted"),
            }
        };
        Ok(Transfer { work: Box::pin(work), abort })
    }
}

fn no_data(sender: &Sender, error: &std::io::Error) -> Reply {
    tracing::info!(camera = %sender.camera, "FTP: no data connection of {} came about: {error}", sender.name);
    Reply::new(code::NO_DATA, "No data connection came about: is passive mode on, are the ports let through?")
}
