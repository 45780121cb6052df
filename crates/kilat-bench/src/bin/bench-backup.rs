//! `bench-backup`: measures event backups of a release build against other tools and prints one Markdown table.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program whose output is a table")]

use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use kilat_bench::{Common, Outcome, Report, Setup, backup};

/// Measures event backups against cp, restic, rclone and boto3, as ratios in one run
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
    /// Large files to a disk and to an S3 server
    Large,
    /// A second run over thousands of small ones
    Many,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.common.conclude(measure(&arguments)) {
        Ok((table, code)) => {
            println!("{table}");
            code
        }
        Err(error) => {
            eprintln!("cannot measure: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Outcome<(Setup, Report)> {
    let setup = arguments.common.setup()?;
    let is_wanted = |part| arguments.only.is_empty() || arguments.only.contains(&part);
    let say = |line: &str| eprintln!("  {line}");
    let mut report = Report::default();
    if is_wanted(Part::Large) {
        eprintln!("large files …");
        report.add(backup::backup(&setup, &say)?);
    }
    if is_wanted(Part::Many) {
        eprintln!("thousands of files …");
        report.add(backup::many(&setup, &say)?);
    }
    Ok((setup, report))
}
