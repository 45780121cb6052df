//! `kilat ws-echo`: speaks WebSocket as the server does and sends everything back, for conformance suites.
//!
//! Prints its address, then runs until it is killed. Nothing of the server runs beside it.

use std::io;
use std::net::SocketAddr;

use kilat_server::echo;
use tokio::net::TcpListener;

use super::out;
use crate::fail::{Code, Fail};

pub(super) fn run(listen: SocketAddr) -> Result<(), Fail> {
    if !listen.ip().is_loopback() {
        let remedy = "name a loopback address: nobody has to sign in to an echo";
        return Err(Fail::new(Code::Setting, format!("{listen} can be reached from elsewhere"), remedy));
    }
    let failed = |error: io::Error| {
        Fail::new(Code::Port, format!("cannot echo on {listen}: {error}"), "name another address, or port 0 for any")
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        out::line(&format!("ws://{}", listener.local_addr().map_err(failed)?))?;
        echo(listener).await.map_err(failed)
    })
}
