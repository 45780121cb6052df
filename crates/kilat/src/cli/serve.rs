//! `kilat serve`.

use super::out;
use crate::app::{self, Kind};
use crate::config::Config;
use crate::fail::Fail;
use crate::log;

pub(super) fn run(config: &Config) -> Result<(), Fail> {
    log::start(config)?;
    for (name, listen) in [("listen", &config.listen.value), ("ws_listen", &config.ws_listen.value)] {
        if !listen.ip().is_loopback() {
            tracing::warn!(%listen, "{name} is open to the network without a password, because allow_lan is set");
        }
    }
    app::run(config, Kind::Real, |ready| {
        out::note(&format!("Kilat is ready: {}/admin", ready.http));
        for folder in &config.watch.value {
            out::note(&format!("  drop photos into  {}", folder.display()));
        }
        for folder in &config.to.value {
            out::note(&format!("  copies go to      {}", folder.display()));
        }
    })
}
