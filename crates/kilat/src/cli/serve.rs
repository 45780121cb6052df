//! `kilat serve`.

use std::io::{self, IsTerminal};

use super::{out, qr};
use kilat_core::DestinationKind;
use kilat_wire::FtpTls;

use crate::app::{self, Kind, Welcome};
use crate::config::Config;
use crate::fail::Fail;
use crate::log;

pub(super) fn run(config: &Config) -> Result<(), Fail> {
    log::start(config)?;
    for (name, listen) in [("listen", &config.listen.value), ("ws_listen", &config.ws_listen.value)] {
        if !listen.ip().is_loopback() && !config.door.is_tls() {
            tracing::warn!(%listen, "{name} sends everything in the clear, because allow_lan is set");
        }
    }
    if let Some(listen) = config.ftp.listen.value
        && !listen.ip().is_loopback()
        && config.ftp.tls.value != FtpTls::Required
    {
        tracing::warn!(%listen, "ftp.listen takes photos and passwords in the clear, because allow_lan is set");
    }
    app::run(config, Kind::Real, |welcome| {
        out::note(&format!("Kilat is ready: {}/admin", welcome.http));
        for folder in &config.watch.value {
            out::note(&format!("  drop photos into  {}", folder.display()));
        }
        for place in config.wanted().iter().filter(|place| place.kind == DestinationKind::Upload) {
            out::note(&format!("  copies go to      {}", place.root.display()));
        }
        sign_in(welcome);
    })
}

/// How the first person gets in.
pub(super) fn sign_in(welcome: &Welcome) {
    out::note(&format!("  sign in ({})   {}", welcome.role, welcome.link));
    if io::stderr().is_terminal() {
        out::note(&qr::draw(&welcome.link));
        out::note("  within 15 minutes, 5 times; kilat link makes another");
    }
}
