//! Addresses to answer at, as the settings name them.

use std::net::{IpAddr, SocketAddr};

use super::Sourced;
use super::origin::{self, Origin};
use crate::fail::Fail;

/// An address; when no address was given, the loopback one with the port of `port_env` or `default`.
pub(super) fn with_port(
    name: &str,
    text: origin::Picked<String>,
    port: Option<String>,
    port_env: &'static str,
    default: u16,
) -> Result<Sourced<SocketAddr>, Fail> {
    let port = match port {
        Some(text) => Some(text.trim().parse::<u16>().map_err(|_why| {
            Fail::setting(
                format!("{port_env}={text:?} is not a port"),
                format!("use a number from 0 to 65535, for example {default}"),
            )
        })?),
        None => None,
    };
    let given = text.into_given().map(|given| given.try_map(name, |text| address(text))).transpose()?;
    Ok(match (given, port) {
        // The environment goes before the file, also where it says the port only.
        (Some(Sourced { value, origin: Origin::File(..) }), Some(port)) => {
            Sourced { value: SocketAddr::new(value.ip(), port), origin: Origin::Env(port_env) }
        }
        (Some(given), _) => given,
        (None, Some(port)) => {
            Sourced { value: SocketAddr::from(([127, 0, 0, 1], port)), origin: Origin::Env(port_env) }
        }
        (None, None) => Sourced { value: SocketAddr::from(([127, 0, 0, 1], default)), origin: Origin::Default },
    })
}

/// An address with its port, as people write it.
pub(super) fn address(text: &str) -> Result<SocketAddr, Fail> {
    let text = text.replace("localhost", "127.0.0.1");
    text.parse().map_err(|_why| {
        Fail::setting(format!("{text:?} is not an address with a port"), "use for example 127.0.0.1:3000 or [::1]:3000")
    })
}

/// Whether only this machine reaches it.
pub(super) fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}
