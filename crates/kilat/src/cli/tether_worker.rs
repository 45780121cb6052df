//! `kilat tether-worker`: speaks with one camera for the server in a process of its own, which can be ended at any moment.

use crate::fail::{Code, Fail};

pub(super) fn run() -> Result<(), Fail> {
    kilat_tether::run_worker().map_err(|error| {
        Fail::new(Code::TaskDied, format!("the helper of a camera ended: {error}"), "the server starts another one")
    })
}
