//! `bench-camera`: cameras on the cable and senders beside the stock tools; prints one Markdown table.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program whose output is a table")]

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use kilat_bench::camera::{STOCK, be_stock, cable, ftp, several};
use kilat_bench::{Common, Outcome, Report, Setup};

/// Measures how photos come from cameras, as ratios in one run
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    /// What to measure; everything by default
    #[arg(long, value_enum)]
    only: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// One camera, from the shutter to the screen and to the copy
    Cable,
    /// Four cameras at once, and one that hangs
    Several,
    /// Twenty cameras that send by FTP
    Ftp,
}

fn main() -> ExitCode {
    if let Some(folder) = std::env::var_os(STOCK) {
        return stock(folder.as_ref());
    }
    let arguments = Arguments::parse();
    let outcome = arguments.common.conclude(measure(&arguments)).map(|(table, code)| {
        println!("{table}");
        code
    });
    outcome.unwrap_or_else(|error| {
        eprintln!("cannot measure: {error}");
        ExitCode::FAILURE
    })
}

/// What Kilat is measured beside.
fn stock(folder: &Path) -> ExitCode {
    match be_stock(folder, |address| println!("{address}")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot serve: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Outcome<(Setup, Report)> {
    let setup = arguments.common.setup()?;
    let is_wanted = |part| arguments.only.is_empty() || arguments.only.contains(&part);
    let mut report = Report::default();
    if is_wanted(Part::Cable) {
        eprintln!("one camera on the cable …");
        report.add(cable(&setup)?);
    }
    if is_wanted(Part::Several) {
        eprintln!("several cameras …");
        report.add(several(&setup)?);
    }
    if is_wanted(Part::Ftp) {
        eprintln!("twenty cameras by FTP …");
        report.add(ftp(&setup)?);
    }
    Ok((setup, report))
}
