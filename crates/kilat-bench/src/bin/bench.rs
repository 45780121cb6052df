//! `kilat-bench`: measures a release build and prints one Markdown table.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program whose output is a table")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use kilat_bench::{Common, Outcome, Report, Setup, crowd, hash_tree, latency, throughput};

/// Measures Kilat against plain tools, as ratios in one run
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
    #[command(flatten)]
    common: Common,
    /// What to measure; everything by default
    #[arg(long, value_enum)]
    only: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Latency,
    Throughput,
    Crowd,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Hashes the files of a folder, as b3sum does: a rival's part
    #[command(hide = true)]
    HashTree { folder: PathBuf },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.task {
        Some(Task::HashTree { folder }) => {
            hash_tree(folder, &mut |line| println!("{line}")).map(|()| ExitCode::SUCCESS).map_err(Into::into)
        }
        None => arguments.common.conclude(measure(&arguments)).map(|(table, code)| {
            println!("{table}");
            code
        }),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("cannot measure: {error}");
        ExitCode::FAILURE
    })
}

fn measure(arguments: &Arguments) -> Outcome<(Setup, Report)> {
    let setup = arguments.common.setup()?;
    let is_wanted = |part| arguments.only.is_empty() || arguments.only.contains(&part);
    let mut report = Report::default();
    if is_wanted(Part::Latency) {
        eprintln!("latency …");
        report.add(latency(&setup)?);
    }
    if is_wanted(Part::Throughput) {
        eprintln!("throughput …");
        report.add(throughput(&setup, &std::env::current_exe()?, &|line| eprintln!("  {line}"))?);
    }
    if is_wanted(Part::Crowd) {
        eprintln!("thousands of files at once …");
        report.add(crowd(&setup)?);
    }
    Ok((setup, report))
}
