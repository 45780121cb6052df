//! `bench-wire`: measures how Kilat and others fan messages out, and prints two Markdown tables.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program whose output is a table")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use kilat_bench::wire::{Peer, Scale, Stand, compare, measure, peers, serve_axum, serve_floor, storm};
use kilat_bench::{Outcome, Report, Setup, find_kilat, machine};

/// Measures how messages reach thousands of viewers, against other servers in one run
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
    /// The program to measure; the one beside this program by default
    #[arg(long, value_name = "FILE", env = "KILAT_BIN", global = true)]
    kilat: Option<PathBuf>,
    /// Where Kilat's journal stands while it is measured; the system's folder for temporary files by default
    #[arg(long, value_name = "DIR", global = true)]
    folder: Option<PathBuf>,
    /// The folder of the Node programs, with their packages installed
    #[arg(long, value_name = "DIR", default_value = "crates/kilat-bench/peers")]
    peers: PathBuf,
    /// Which servers to measure; all by default
    #[arg(long, value_enum)]
    only: Vec<Name>,
    /// Rounds through all servers; the medians count
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// Everything smaller, in under 40 s: a look, not a measurement, so no target is judged
    #[arg(long)]
    quick: bool,
    /// End with a failing status when a target is missed
    #[arg(long, global = true)]
    strict: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// One thread, one write per message and socket, plain TCP
    Floor,
    /// The same with 8 frames joined per write
    Floor8,
    /// Plain axum and tokio-tungstenite
    Axum,
    /// Node ws, one stringify per client
    Ws,
    /// Socket.IO
    Socketio,
    /// Ours
    Kilat,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// All viewers come at once after a restart: how long until each knows the state
    Storm {
        /// How many
        #[arg(long, value_name = "N", default_value_t = 10_000)]
        viewers: usize,
    },
    /// A rival: one thread that writes to plain sockets
    #[command(hide = true)]
    ServeFloor { joined: usize },
    /// A rival: plain axum
    #[command(hide = true)]
    ServeAxum,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.task {
        Some(Task::ServeFloor { joined }) => serve_floor(*joined).map(|()| 0),
        Some(Task::ServeAxum) => serve_axum().map(|()| 0),
        Some(Task::Storm { viewers }) => blow(&arguments, *viewers),
        None => compare_all(&arguments),
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

fn blow(arguments: &Arguments, viewers: usize) -> Outcome<usize> {
    let machine = described(arguments);
    let mut report = Report::default();
    report.add(storm(&stand(arguments, find_kilat(arguments.kilat.clone())?)?, viewers)?);
    print(&machine, &report)
}

fn compare_all(arguments: &Arguments) -> Outcome<usize> {
    let machine = described(arguments);
    let wanted = wanted(&arguments.only);
    // Rivals alone are measured without ours.
    let kilat = if wanted.contains(&Peer::Kilat) { find_kilat(arguments.kilat.clone())? } else { PathBuf::new() };
    let mut scale = if arguments.quick { Scale::QUICK } else { Scale::FULL };
    scale.rounds = arguments.rounds.unwrap_or(scale.rounds);
    let stand = stand(arguments, kilat)?;
    let wires = measure(&stand, &scale, &wanted, &|line| eprintln!("  {line}"))?;
    let mut report = Report::default();
    let rows = compare(&wires, &scale);
    let is_compared = !rows.is_empty();
    report.add(rows);
    if arguments.quick {
        report.unjudge();
    }
    println!("{}", peers(&wires, &scale));
    if !is_compared {
        println!("{machine}");
        return Ok(0);
    }
    print(&machine, &report)
}

fn stand(arguments: &Arguments, kilat: PathBuf) -> Outcome<Stand> {
    let folder = arguments.folder.clone().unwrap_or_else(std::env::temp_dir);
    let setup = Setup { kilat, folder, is_quick: arguments.quick };
    let stand = Stand { setup, peers: arguments.peers.clone(), itself: std::env::current_exe()?, core: None };
    let stand = stand.pin()?;
    if stand.core.is_none() {
        eprintln!("one core only: server and load client share it, so the numbers say little");
    }
    Ok(stand)
}

/// What the numbers are of; asked before this process is pinned and sees one core only.
fn described(arguments: &Arguments) -> String {
    machine(&arguments.folder.clone().unwrap_or_else(std::env::temp_dir))
}

fn print(machine: &str, report: &Report) -> Outcome<usize> {
    println!("{machine}\n\n{report}");
    let missed = report.missed();
    if missed > 0 {
        println!("Targets missed: {missed}");
    }
    Ok(missed)
}

fn wanted(only: &[Name]) -> Vec<Peer> {
    let named = |peer: &Peer| {
        let name = match peer {
            Peer::Floor => Name::Floor,
            Peer::FloorJoined => Name::Floor8,
            Peer::Axum => Name::Axum,
            Peer::Ws => Name::Ws,
            Peer::SocketIo => Name::Socketio,
            Peer::Kilat => Name::Kilat,
        };
        only.is_empty() || only.contains(&name)
    };
    Peer::ALL.into_iter().filter(named).collect()
}
