//! The entry point: parse, run, exit.

mod app;
mod cli;
mod config;
mod data;
mod fail;
mod log;
mod ready;

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run()
}
