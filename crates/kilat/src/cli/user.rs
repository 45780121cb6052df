//! `kilat user …`: through the running server when there is one, else in the data folder.
//!
//! A password comes from a prompt or from standard input, never from an argument, which everyone on
//! the machine could read.

use std::io::{self, BufRead, IsTerminal, Read};

use clap::Subcommand;
use kilat_core::Role;
use kilat_wire::{ChangePassword, CreateUser, UserRow};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use super::out;
use super::store::Store;
use crate::config::Config;
use crate::fail::{Code, Fail};

/// Longer passwords are refused anyway.
const MAX_INPUT_BYTES: u64 = 4_096;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make an account; the password is asked for, or read from standard input
    Add {
        /// Letters, digits, '-' and '_'
        name: String,
        /// What it may do: viewer, operator, agent, admin
        #[arg(long, value_name = "ROLE", default_value = "viewer")]
        role: Role,
    },
    /// All accounts
    List {
        /// One JSON object a line instead of text
        #[arg(long)]
        json: bool,
    },
    /// Remove an account and sign it out everywhere
    Remove {
        /// Its name
        name: String,
    },
    /// Give an account another password and sign it out everywhere
    Passwd {
        /// Its name
        name: String,
    },
}

pub(super) fn run(config: &Config, command: UserCommand) -> Result<(), Fail> {
    let store = Store::open(config)?;
    match command {
        UserCommand::Add { name, role } => {
            let password = password()?;
            out::line(&row(&store.create_user(&CreateUser { name, role, password })?))
        }
        UserCommand::List { json } => {
            for user in store.users()? {
                if json { out::json(&user)? } else { out::line(&row(&user))? }
            }
            Ok(())
        }
        UserCommand::Remove { name } => {
            store.remove_user(&name)?;
            out::note(&format!("{name} is removed, and signed out everywhere"));
            Ok(())
        }
        UserCommand::Passwd { name } => {
            store.set_password(&name, &ChangePassword { password: password()? })?;
            out::note(&format!("{name} has another password, and is signed out everywhere"));
            Ok(())
        }
    }
}

fn row(user: &UserRow) -> String {
    format!("{}\t{}\tsince {}", user.name, user.role, user.created_at)
}

fn password() -> Result<String, Fail> {
    if !io::stdin().is_terminal() {
        return line();
    }
    let first = ask("Password: ")?;
    if ask("Again: ")? == first {
        return Ok(first);
    }
    Err(Fail::new(Code::Refused, "the two passwords differ", "try again"))
}

/// Asks without showing what is typed.
fn ask(prompt: &str) -> Result<String, Fail> {
    let _hidden = Hidden::begin()?;
    out::prompt(prompt);
    let line = line();
    out::note("");
    line
}

fn line() -> Result<String, Fail> {
    let mut text = String::new();
    io::stdin().lock().take(MAX_INPUT_BYTES).read_line(&mut text).map_err(|error| cannot(&error))?;
    let password = text.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        let remedy = "type it, or give it on standard input: one line";
        return Err(Fail::setting("no password was given", remedy));
    }
    Ok(password.to_owned())
}

fn cannot(error: &io::Error) -> Fail {
    Fail::new(Code::Output, format!("cannot read the password: {error}"), "give it on standard input: one line")
}

/// The terminal shows nothing that is typed until this is dropped.
struct Hidden(Termios);

impl Hidden {
    fn begin() -> Result<Self, Fail> {
        let before = tcgetattr(io::stdin()).map_err(|error| cannot(&error.into()))?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent).map_err(|error| cannot(&error.into()))?;
        Ok(Self(before))
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing back.
        tcsetattr(io::stdin(), OptionalActions::Flush, &self.0).unwrap_or(());
    }
}
