//! The signals that end the server.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::fail::{Code, Fail};

/// SIGINT and SIGTERM.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub(super) fn listen() -> Result<Self, Fail> {
        let on = |kind| {
            signal(kind).map_err(|error| {
                Fail::new(Code::TaskDied, format!("cannot listen for signals: {error}"), "please report this")
            })
        };
        Ok(Self { interrupt: on(SignalKind::interrupt())?, terminate: on(SignalKind::terminate())? })
    }

    /// Waits for the next one. Cancel-safe.
    pub(super) async fn stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
