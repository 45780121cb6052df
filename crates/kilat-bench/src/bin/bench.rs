//! `kilat-bench`: measures a release build and prints one Markdown table.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program whose output is a table")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use kilat_bench::{Outcome, Report, Setup, crowd, find_kilat, hash_tree, latency, machine, throughput};

/// Measures Kilat against plain tools, as ratios in one run
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
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
            hash_tree(folder, &mut |line| println!("{line}")).map(|()| 0).map_err(Into::into)
        }
        None => measure(&arguments),
    };
    match outcome {
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
