//! `[ftp]`: whether cameras may send by FTP, and how they reach this machine.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;

use kilat_wire::FtpTls;
use serde::Deserialize;

use super::address::{address, is_loopback};
use super::origin::{Origin, Picker};
use super::{ServeFlags, Sourced};
use crate::fail::{Code, Exit, Fail};

/// Below those that systems give to outgoing connections, and few enough for a line in a firewall.
const DEFAULT_PORTS: RangeInclusive<u16> = 30_100..=30_199;

/// `[ftp]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileFtp {
    listen: Option<String>,
    passive_ports: Option<String>,
    passive_host: Option<String>,
    tls: Option<String>,
}

/// How cameras send by FTP.
#[derive(Debug, Clone)]
pub(crate) struct Ftp {
    /// Off when none.
    pub(crate) listen: Sourced<Option<SocketAddr>>,
    pub(crate) passive_ports: Sourced<RangeInclusive<u16>>,
    pub(crate) passive_host: Sourced<Option<Ipv4Addr>>,
    pub(crate) tls: Sourced<FtpTls>,
}

impl Ftp {
    pub(super) fn load(
        serve: &ServeFlags,
        file: FileFtp,
        pick: &Picker<'_>,
        from: &dyn Fn(&'static str) -> Origin,
    ) -> Result<Self, Fail> {
        let listen = pick
            .text(serve.ftp_listen.clone(), "--ftp-listen", "KILAT_FTP_LISTEN", file.listen, from("ftp.listen"))?
            .optional()
            .try_map("ftp.listen", |text| text.as_deref().map(listen).transpose())?;
        let passive_ports = pick
            .text(None, "", "KILAT_FTP_PASSIVE_PORTS", file.passive_ports, from("ftp.passive_ports"))?
            .optional()
            .try_map("ftp.passive_ports", |text| text.as_deref().map_or(Ok(DEFAULT_PORTS), ports))?;
        let passive_host = pick
            .text(None, "", "KILAT_FTP_PASSIVE_HOST", file.passive_host, from("ftp.passive_host"))?
            .optional()
            .try_map("ftp.passive_host", |text| text.as_deref().map(host).transpose())?;
        let tls = pick
            .text(None, "", "KILAT_FTP_TLS", file.tls, from("ftp.tls"))?
            .optional()
            .try_map("ftp.tls", |text| text.as_deref().map_or(Ok(FtpTls::Explicit), tls))?;
        Ok(Self { listen, passive_ports, passive_host, tls })
    }

    pub(super) fn check(&self, allows_lan: bool) -> Result<(), Fail> {
        let Some(listen) = self.listen.value else { return Ok(()) };
        if is_loopback(listen.ip()) || allows_lan || self.tls.value == FtpTls::Required {
            return Ok(());
        }
        Err(Fail::new(
            Code::OpenDoor,
            format!(
                "ftp.listen = {listen} ({}) would take photos and passwords over the network in the clear",
                self.listen.origin
            ),
            "use FTPS alone (ftp.tls = \"required\"), or allow it on a network that you trust: --allow-lan",
        )
        .exit(Exit::WrongUse))
    }

    /// Name, value and origin of each setting.
    pub(super) fn rows(&self) -> Vec<(&'static str, String, String)> {
        let text = |value: Option<String>| format!("{:?}", value.unwrap_or_default());
        let (listen, host) =
            (self.listen.value.map(|at| at.to_string()), self.passive_host.value.map(|at| at.to_string()));
        vec![
            ("ftp.listen", text(listen), self.listen.origin.to_string()),
            ("ftp.passive_ports", text(Some(self.ports())), self.passive_ports.origin.to_string()),
            ("ftp.passive_host", text(host), self.passive_host.origin.to_string()),
            ("ftp.tls", text(Some(self.tls.value.as_str().to_owned())), self.tls.origin.to_string()),
        ]
    }

    /// As people write them.
    pub(crate) fn ports(&self) -> String {
        format!("{}-{}", self.passive_ports.value.start(), self.passive_ports.value.end())
    }
}

fn listen(text: &str) -> Result<SocketAddr, Fail> {
    match address(text)? {
        at if at.is_ipv4() => Ok(at),
        at => Err(Fail::setting(
            format!("{at} is no IPv4 address, and cameras know no other"),
            "use for example 0.0.0.0:2121, or the machine's own address in the cameras' network",
        )),
    }
}

fn ports(text: &str) -> Result<RangeInclusive<u16>, Fail> {
    let wrong = || Fail::setting(format!("{text:?} is no range of ports"), "write it as 30100-30199");
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let port = |text: &str| text.trim().parse::<u16>().map_err(|_why| wrong());
    let (first, last) = (port(first)?, port(last)?);
    // 0 alone lets the system choose.
    if first > last || (first == 0 && last != 0) { Err(wrong()) } else { Ok(first..=last) }
}

fn host(text: &str) -> Result<Ipv4Addr, Fail> {
    text.parse().map_err(|_why| {
        Fail::setting(format!("{text:?} is no IPv4 address"), "use the address by which the cameras reach this machine")
    })
}

fn tls(text: &str) -> Result<FtpTls, Fail> {
    let tls = [FtpTls::Off, FtpTls::Explicit, FtpTls::Required].into_iter().find(|tls| tls.as_str() == text);
    tls.ok_or_else(|| Fail::setting(format!("{text:?} is no kind of FTPS"), "use off, explicit or required"))
}
