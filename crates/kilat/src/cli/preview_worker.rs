//! `kilat preview-worker`: decodes pictures for the server in a process of its own, so that a hostile
//! file can take down nothing but this.

use crate::fail::{Code, Fail};

pub(super) fn run() -> Result<(), Fail> {
    kilat_media::preview::run_worker().map_err(|error| {
        Fail::new(Code::TaskDied, format!("the preview worker ended: {error}"), "the server starts another")
    })
}
