//! The log: for people on a terminal, one JSON object a line elsewhere; always on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::config::Config;
use crate::fail::Fail;

/// Starts logging what the setting `log` lets through, for example `info` or `kilat_ingest=debug,info`.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn start(config: &Config) -> Result<(), Fail> {
    let filter = &config.log.value;
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Fail::setting(
            format!("the setting log ({filter:?}) is not a filter: {error}"),
            "use error, warn, info, debug or trace, or for example kilat_ingest=debug,info",
        )
    })?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE)
        .with_writer(std::io::stderr)
        // Nobody reads it any more: told of there again, the fault would end the thread that had something to say.
        .log_internal_errors(false)
        .with_target(true);
    let is_set = if std::io::stderr().is_terminal() {
        log.with_ansi(config.has_colours).try_init().is_ok()
    } else {
        log.with_ansi(false).json().flatten_event(true).try_init().is_ok()
    };
    debug_assert!(is_set, "the log is started once");
    Ok(())
}
