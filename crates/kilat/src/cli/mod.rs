//! The command line: nouns, then verbs. Results on standard output, everything else on standard error.

mod ask;
mod backup;
mod bar;
mod call;
mod camera;
mod card;
mod ceremony;
mod clients;
mod config;
mod demo;
mod destination;
mod dial;
mod doctor;
mod event;
mod link;
mod notify;
mod out;
mod preview_worker;
mod publish;
mod qr;
mod restore;
mod scrub;
mod serve;
mod status;
mod store;
mod tail;
mod tether_worker;
mod token;
mod usb;
mod user;
mod vault_worker;
mod verify;
mod wait;
mod wire;
mod ws_echo;

use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::{Config, Flags, ServeFlags};
use crate::fail::Fail;

/// Kilat: photos from the camera to verified copies, live on every screen.
#[derive(Debug, Parser)]
#[command(name = "kilat", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server: watch the folders, copy, prove, show
    Serve(ServeFlags),
    /// How things stand: the verdict, the counts, sources, destinations
    Status {
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// Follow what happens, live
    Tail(tail::TailFlags),
    /// Publish JSON payloads, one a line from standard input, as they stand
    Publish(publish::PublishFlags),
    /// Events: the shoots that photos belong to
    #[command(subcommand)]
    Event(event::EventCommand),
    /// Backups: whole events to other places, proven
    #[command(subcommand)]
    Backup(backup::BackupCommand),
    /// Bring an event back from a backup, each file compared with its hash
    Restore(restore::RestoreFlags),
    /// Read a folder back that lists itself in ASC MHL manifests, whoever wrote them
    Verify(verify::VerifyFlags),
    /// Read copies back now: is each still what it was
    Scrub(scrub::ScrubFlags),
    /// Cameras that send by FTP or HTTP; cards, and what is on them and not held yet
    #[command(subcommand)]
    Camera(camera::CameraCommand),
    /// The ceremony: while one is on, copies over the network leave the line to others
    #[command(subcommand)]
    Ceremony(ceremony::CeremonyCommand),
    /// Destinations: the places that copies go to
    #[command(subcommand)]
    Destination(destination::DestinationCommand),
    /// Notifications: who is told beyond the browser, what was told, who has seen it
    #[command(subcommand)]
    Notify(notify::NotifyCommand),
    /// Tokens: what lets programs in
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Accounts: what lets people in
    #[command(subcommand)]
    User(user::UserCommand),
    /// A sign-in link and its QR code
    Link(link::LinkFlags),
    /// Who is connected: what they follow, how far behind they are, when they were heard
    Clients(clients::ClientsFlags),
    /// Check this machine and the settings, each with its remedy
    Doctor {
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        serve: ServeFlags,
    },
    /// A virtual photographer shoots into a folder of its own: see everything move without a camera
    Demo(demo::DemoFlags),
    /// Settings
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Completions for a shell
    Completions {
        /// Which
        shell: clap_complete::Shell,
    },
    /// Makes previews for the server; not for people
    #[command(hide = true)]
    PreviewWorker,
    /// Works on an encrypted repository for the server; not for people
    #[command(hide = true)]
    VaultWorker,
    /// Speaks with one camera for the server; not for people
    #[command(hide = true)]
    TetherWorker,
    /// Sends WebSocket messages back, for conformance suites; not for people
    #[command(hide = true)]
    WsEcho {
        /// A loopback address
        #[arg(long, value_name = "ADDR")]
        listen: std::net::SocketAddr,
    },
}

/// Parses, runs, and answers the exit status.
pub(crate) fn run() -> ExitCode {
    match dispatch(parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fail) => {
            out::complain(&fail);
            fail.status()
        }
    }
}

/// Ends the process where the command line is wrong or asks for help.
fn parse() -> Cli {
    // Asked before parsing, because help and errors of the parser have colours too.
    let color =
        if std::env::args_os().any(|word| word == "--no-color") { ColorChoice::Never } else { ColorChoice::Auto };
    let matches = Cli::command().color(color).get_matches();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

fn dispatch(cli: Cli) -> Result<(), Fail> {
    if cli.flags.quiet {
        out::be_quiet();
    }
    let load = |serve: &ServeFlags| Config::load(&cli.flags, serve);
    match cli.command {
        Command::Serve(serve) => serve::run(&load(&serve)?),
        Command::Status { json } => status::run(&load(&ServeFlags::default())?, json),
        Command::Tail(flags) => tail::run(&load(&ServeFlags::default())?, &flags),
        Command::Publish(flags) => publish::run(&load(&ServeFlags::default())?, &flags),
        Command::Camera(command) => camera::run(&load(&ServeFlags::default())?, command),
        Command::Event(command) => event::run(&load(&ServeFlags::default())?, command),
        Command::Backup(command) => backup::run(&load(&ServeFlags::default())?, command),
        Command::Restore(flags) => restore::run(&load(&ServeFlags::default())?, &flags),
        Command::Verify(flags) => verify::run(&flags),
        Command::Scrub(flags) => scrub::run(&load(&ServeFlags::default())?, &flags),
        Command::Ceremony(command) => ceremony::run(&load(&ServeFlags::default())?, &command),
        Command::Destination(command) => destination::run(&load(&ServeFlags::default())?, command),
        Command::Notify(command) => notify::run(&load(&ServeFlags::default())?, command),
        Command::Token(command) => token::run(&load(&ServeFlags::default())?, command),
        Command::User(command) => user::run(&load(&ServeFlags::default())?, command),
        Command::Clients(flags) => clients::run(&load(&ServeFlags::default())?, &flags),
        Command::Link(flags) => link::run(&load(&ServeFlags::default())?, &flags),
        Command::Doctor { json, serve } => doctor::run(&load(&serve)?, json),
        Command::Demo(flags) => demo::run(&cli.flags, &flags),
        Command::Config(command) => config::run(&load(&ServeFlags::default())?, &command),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "kilat", &mut script);
            out::text(&String::from_utf8_lossy(&script))
        }
        Command::PreviewWorker => preview_worker::run(),
        Command::VaultWorker => vault_worker::run(),
        Command::TetherWorker => tether_worker::run(),
        Command::WsEcho { listen } => ws_echo::run(listen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
