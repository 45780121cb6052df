//! `torture`: kills, power cuts and faulty disks, judged from outside; prints one Markdown table.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program whose output is a table")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use kilat_bench::torture::{
    Attacked, Numbers, Ordeal, Sync, Tally, backups, cameras, cuts, damage, failing_fsync, faults, hostile, kills,
    lies, meddling, restores, servers,
};
use kilat_bench::{Outcome, find_kilat, machine};

/// Breaks Kilat at random moments and counts what is lost
#[derive(Debug, Parser)]
struct Arguments {
    /// The program to torture; the one beside this program by default
    #[arg(long, value_name = "FILE", env = "KILAT_BIN")]
    kilat: Option<PathBuf>,
    /// Where to work; the system's folder for temporary files by default
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// What to do; everything by default
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// Kills and power cuts, each
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    cycles: u64,
    /// Power cuts with the planted bug; the harness counts only when these lose something
    #[arg(long, value_name = "N", default_value_t = 20)]
    planted: u64,
    /// Faults of the destination
    #[arg(long, value_name = "N", default_value_t = 60)]
    faults: u64,
    /// Kills of backup runs
    #[arg(long, value_name = "N", default_value_t = 300)]
    backups: u64,
    /// Kills of backup runs to each kind of server
    #[arg(long, value_name = "N", default_value_t = 100)]
    servers: u64,
    /// Backup runs through a proxy that lies
    #[arg(long, value_name = "N", default_value_t = 40)]
    lies: u64,
    /// Backup runs whose sources change, and pairs of Kilats that back up to one place
    #[arg(long, value_name = "N", default_value_t = 20)]
    meddling: u64,
    /// Files of a backup that are damaged, one at a time
    #[arg(long, value_name = "N", default_value_t = 300)]
    damage: u64,
    /// Kills of restores
    #[arg(long, value_name = "N", default_value_t = 200)]
    restores: u64,
    /// Frames that cameras on the cable, FTP senders and a card take
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    frames: u64,
    /// Few hostile clients of each kind
    #[arg(long)]
    few: bool,
    /// Makes the same files and chances again
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// kill -9 while files stream in
    Kills,
    /// kill -9 while an event is backed up, and flipped bits
    Backup,
    /// kill -9 while an event is backed up to S3, SFTP, WebDAV and a vault
    Servers,
    /// Backups to an S3 server that lies
    Lies,
    /// Sources that change, and two Kilats at once, while an event is backed up
    Meddling,
    /// Flipped bits, cuts and removals in every kind of file of a backup
    Damage,
    /// Restores: killed, from damaged sources, to full disks
    Restore,
    /// Power cuts with the planted bug: must lose something
    Planted,
    /// Power cuts
    Cuts,
    /// Destination full, read-only, unplugged
    Faults,
    /// fsync that fails
    Fsync,
    /// Clients that mean harm, while an operator works
    Hostile,
    /// Cameras, FTP and cards, with cables pulled and everything killed
    Cameras,
}

/// Files that stream in while fsync fails.
const FSYNC_FILES: u64 = 300;

fn main() -> ExitCode {
    match torture(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cannot go on: {error}");
            ExitCode::FAILURE
        }
    }
}

fn torture(arguments: &Arguments) -> Outcome<bool> {
    let folder = arguments.folder.clone().unwrap_or_else(std::env::temp_dir);
    let say = |line: &str| println!("{line}");
    let ordeal = Ordeal { kilat: find_kilat(arguments.kilat.clone())?, folder, seed: arguments.seed, say: &say };
    let is_wanted = |part| arguments.only.is_empty() || arguments.only.contains(&part);
    println!("seed {}", ordeal.seed);
    let mut tallies: Vec<Tally> = Vec::new();
    let mut is_sharp = true;
    if is_wanted(Part::Planted) {
        println!("# Power cuts with a planted bug: fsync is answered and not done");
        if let Some(tally) = cuts(&ordeal, arguments.planted, Sync::Ignored)? {
            is_sharp = tally.lost > 0;
            println!(
                "{}",
                if is_sharp { "The harness sees losses." } else { "THE HARNESS IS BLIND: nothing was lost." }
            );
            println!("{HEAD}\n{tally}\n");
        }
    }
    if is_wanted(Part::Kills) {
        println!("# Kills");
        tallies.push(kills(&ordeal, arguments.cycles)?);
    }
    if is_wanted(Part::Cameras) {
        println!("# Cameras");
        tallies.push(cameras(&ordeal, arguments.frames)?);
    }
    if is_wanted(Part::Backup) {
        println!("# Backups");
        tallies.extend(backups(&ordeal, arguments.backups)?);
    }
    if is_wanted(Part::Servers) {
        println!("# Backups to servers");
        tallies.extend(servers(&ordeal, arguments.servers)?);
    }
    if is_wanted(Part::Lies) {
        println!("# A server that lies");
        tallies.push(lies(&ordeal, arguments.lies)?);
    }
    if is_wanted(Part::Meddling) {
        println!("# Sources that change, and two at once");
        tallies.extend(meddling(&ordeal, arguments.meddling)?);
    }
    if is_wanted(Part::Damage) {
        println!("# Damaged backups");
        tallies.extend(damage(&ordeal, arguments.damage)?);
    }
    if is_wanted(Part::Restore) {
        println!("# Restores");
        tallies.extend(restores(&ordeal, arguments.restores)?);
    }
    if is_wanted(Part::Cuts) {
        println!("# Power cuts");
        tallies.extend(cuts(&ordeal, arguments.cycles, Sync::Real)?);
    }
    if is_wanted(Part::Faults) {
        println!("# Faults of the destination");
        tallies.extend(faults(&ordeal, arguments.faults)?);
    }
    if is_wanted(Part::Fsync) {
        println!("# fsync that fails");
        tallies.extend(failing_fsync(&ordeal, FSYNC_FILES)?);
    }
    let mut attacked: Vec<Attacked> = Vec::new();
    if is_wanted(Part::Hostile) {
        println!("# Hostile clients\n\n{}", Attacked::HEAD);
        attacked = hostile(&ordeal, if arguments.few { Numbers::SHORT } else { Numbers::FULL })?;
    }
    println!("\n{}\n\n{HEAD}", machine(&ordeal.folder));
    for tally in &tallies {
        println!("{tally}");
    }
    Ok(is_sharp && tallies.iter().all(Tally::is_good) && attacked.iter().all(Attacked::is_good))
}

const HEAD: &str =
    "| what was done | times | files owed | lost | doubled | damaged |\n| --- | --- | --- | --- | --- | --- |";
