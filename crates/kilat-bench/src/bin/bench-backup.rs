//! `bench-backup`: measures event backups of a release build against other tools and prints one Markdown table.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program whose output is a table")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use kilat_bench::{Outcome, Report, Setup, backup, find_kilat, machine};

/// Measures event backups against cp, restic, rclone and boto3, as ratios in one run
#[derive(Debug, Parser)]
struct Arguments {
    /// The program to measure; the one beside this program by default
    #[arg(long, value_name = "FILE", env = "KILAT_BIN")]
    kilat: Option<PathBuf>,
    /// Where to work, on the disk that is meant; the system's folder for temporary files by default
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// What to measure; everything by default
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// Everything smaller, in under a minute: a look, not a measurement, so no target is judged
    #[arg(long)]
    quick: bool,
    /// End with a failing status when a target is missed
    #[arg(long)]
    strict: bool,
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
    match measure(&arguments) {
        Ok(missed) if missed > 0 && arguments.strict => ExitCode::FAILURE,
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot measure: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Outcome<usize> {
    let folder = arguments.folder.clone().unwrap_or_else(std::env::temp_dir);
    let setup = Setup { kilat: find_kilat(arguments.kilat.clone())?, folder, is_quick: arguments.quick };
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
    if arguments.quick {
        report.unjudge();
    }
    println!("{}\n\n{report}", machine(&setup.folder));
    let missed = report.missed();
    if missed > 0 {
        println!("Targets missed: {missed}");
    }
    Ok(missed)
}
