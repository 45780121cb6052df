//! The entry point: parse, run, exit.

mod app;
mod cli;
mod config;
mod data;
mod fail;
mod key;
mod log;
mod ready;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
