//! What the commands on the live wire share: the server's place, the runtime, and how it may end.

use std::path::PathBuf;

use kilat_client::{Connector, Ended, Endpoint, Tcp};
use kilat_wire::Channel;
use tokio::runtime::Runtime;

use crate::fail::{Code, Exit, Fail};
use crate::ready::Ready;

/// The server of a data folder. Its place is read before each attempt: a restarted server may answer elsewhere.
pub(super) fn connector(data: PathBuf) -> impl Connector {
    Tcp(move || Ready::read(&data).map(|ready| Endpoint { ws: ready.ws, http: Some(ready.http) }))
}

/// One thread is enough for one connection.
pub(super) fn runtime() -> Result<Runtime, Fail> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Fail::new(Code::Output, format!("cannot start: {error}"), "is this machine out of memory?"))
}

/// A channel by its name.
pub(super) fn channel(name: &str) -> Result<Channel, Fail> {
    let known = Channel::ALL.map(Channel::as_str).join(", ");
    name.parse().map_err(|_why| Fail::setting(format!("there is no channel {name:?}"), format!("channels: {known}")))
}

/// A server that must not be asked again.
pub(super) fn ended(ended: &Ended) -> Fail {
    let fail = |remedy: &str| Fail::new(Code::Refused, ended.to_string(), remedy);
    match ended {
        Ended::NotSignedIn(_) => fail("give a valid token in KILAT_TOKEN").exit(Exit::NotAllowed),
        Ended::NotAllowed(_) => fail("ask for a token with another role").exit(Exit::NotAllowed),
        Ended::Refused { .. } | Ended::Stopped => fail("look at the server's log"),
    }
}
