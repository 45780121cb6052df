//! `kilat vault-worker`: works on an encrypted repository for the server in a process of its own, whose
//! memory is bounded and which can be ended at any moment.

use crate::fail::{Code, Fail};

pub(super) fn run() -> Result<(), Fail> {
    kilat_vault::run_worker().map_err(|error| {
        Fail::new(Code::TaskDied, format!("the vault worker ended: {error}"), "the next run goes on where it was")
    })
}
