//! `kilat user …`: through the running server when there is one, else in the data folder.
//!
//! A password comes from a prompt or from standard input, never from an argument, which everyone on
//! the machine could read.

use std::io::{self, IsTerminal};

use clap::Subcommand;
use kilat_core::Role;
use kilat_wire::{ChangePassword, CreateUser, UserRow};

use super::store::Store;
use super::{ask, out};
use crate::config::Config;
use crate::fail::{Code, Fail};

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
        return given(ask::line()?);
    }
    let first = given(ask::hidden("Password: ")?)?;
    if ask::hidden("Again: ")? == first {
        return Ok(first);
    }
    Err(Fail::new(Code::Refused, "the two passwords differ", "try again"))
}

fn given(password: String) -> Result<String, Fail> {
    if password.is_empty() {
        let remedy = "type it, or give it on standard input: one line";
        return Err(Fail::setting("no password was given", remedy));
    }
    Ok(password)
}
