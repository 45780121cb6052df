//! What the commands on the live wire share: channels, the runtime, and how it may end.

use kilat_client::Ended;
use kilat_wire::Channel;
use tokio::runtime::Runtime;

use super::call::not_signed_in;
use crate::fail::{Code, Fail};

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
    let text = ended.to_string();
    match ended {
        Ended::NotSignedIn(_) => not_signed_in(text),
        Ended::NotAllowed(_) => Fail::not_allowed(text, "use a token of the role viewer or above"),
        Ended::Refused { .. } | Ended::Stopped => Fail::new(Code::Refused, text, "look at the server's log"),
    }
}
