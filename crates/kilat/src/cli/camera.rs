//! `kilat camera …`: cameras that send, through the running server when there is one, else in the data folder; cards,
//! which only a running server reads.
//!
//! Kilat makes the password, because it is typed on a camera's four-way pad.

use std::path::Path;
use std::time::Duration;

use clap::Subcommand;
use kilat_core::{Clock, Millis, SystemClock, sent_text};
use kilat_remote::percent_encoded;
use kilat_wire::{CreateCamera, Done, FtpMenu, FtpTls, NewCameraAnswer, SenderRow};

use super::call::{Server, no_server};
use super::store::Store;
use super::{out, token};
use crate::app::ftp_menu;
use crate::config::Config;
use crate::fail::Fail;

#[derive(Debug, Subcommand)]
pub(super) enum CameraCommand {
    /// Let a camera send by FTP or HTTP; says what to type into its menu
    Add {
        /// As you call it, for example "Z9 of Budi"
        name: String,
        /// When it is let in no more: 12h, 30d, or the last day YYYY-MM-DD; never by default
        #[arg(long, value_name = "D")]
        expires: Option<String>,
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// Read what is on a card and not held yet
    Import {
        /// The card's name, or its id
        card: String,
        /// One JSON object instead of text
        #[arg(long)]
        json: bool,
    },
    /// All cameras that sign in
    List {
        /// One JSON object a line instead of text
        #[arg(long)]
        json: bool,
    },
    /// Let a camera in no more; its photos stay
    Remove {
        /// Its name, or the user that it signs in with
        name: String,
    },
}

pub(super) fn run(config: &Config, command: CameraCommand) -> Result<(), Fail> {
    if let CameraCommand::Import { card, json } = &command {
        return import(config, card, *json);
    }
    let store = Store::open(config)?;
    match command {
        CameraCommand::Add { name, expires, json } => {
            let now = SystemClock::new().now();
            let expires_at = expires.map(|text| token::end(&text, now)).transpose()?.map(Millis::to_rfc3339);
            let made = store.create_camera(&CreateCamera { name, expires_at }, || ftp_menu(config, None))?;
            if json {
                return out::json(&Typed::of(&made));
            }
            let (own, _) = kilat_ftp::own_certificate(&config.data.value);
            out::text(&menu(&made, Some(&*own).filter(|own| !config.door.is_tls() && own.exists())))
        }
        CameraCommand::List { json } => {
            for camera in store.cameras()? {
                if json { out::json(&camera)? } else { out::line(&row(&camera, SystemClock::new().now()))? }
            }
            Ok(())
        }
        CameraCommand::Remove { name } => {
            let known = store.cameras()?.into_iter().find(|camera| camera.name == name);
            store.remove_camera(&known.map_or_else(|| name.clone(), |camera| camera.user))?;
            out::note(&format!("{name} signs in no more; its photos stay"));
            Ok(())
        }
        CameraCommand::Import { .. } => Ok(()),
    }
}

fn import(config: &Config, card: &str, json: bool) -> Result<(), Fail> {
    let data = &config.data.value;
    let server = Server::find(data)?.ok_or_else(|| no_server(data))?;
    let path = format!("/api/admin/cameras/{}/import", percent_encoded(card, false));
    let answer: Done = server.post(&path, &serde_json::json!({}))?;
    if json {
        return out::json(&answer);
    }
    out::line(&out::safe(&format!("{card} is being read; how it ends is told as a notification (kilat notify log)")))
}

/// What scripts are told.
#[derive(serde::Serialize)]
struct Typed<'a> {
    user: &'a str,
    password: &'a str,
    #[serde(flatten)]
    ftp: Option<&'a FtpMenu>,
}

impl<'a> Typed<'a> {
    fn of(made: &'a NewCameraAnswer) -> Self {
        Self { user: &made.user, password: &made.password, ftp: made.ftp.as_ref() }
    }
}

/// What people type.
fn menu(made: &NewCameraAnswer, own: Option<&Path>) -> String {
    let NewCameraAnswer { user, password, camera, ftp } = made;
    let signs_in = format!("  User name      {user}\n  Password       {password}\n");
    let Some(FtpMenu { host, port, tls, passive_ports, fingerprint }) = ftp else {
        return format!(
            "{}: it can send by HTTP to /intake. FTP is off: start kilat serve with --ftp-listen.\n{signs_in}",
            camera.name
        );
    };
    let kind = match tls {
        FtpTls::Off => "FTP",
        FtpTls::Explicit => "FTP, or FTPS (explicit)",
        FtpTls::Required => "FTPS (explicit)",
    };
    let certificate = fingerprint.as_ref().map_or_else(String::new, |fingerprint| {
        let own = own.map_or_else(String::new, |path| {
            format!("\n                 accept it, or import {} as a root certificate", path.display())
        });
        format!("  Certificate    SHA-256 {fingerprint}{own}\n")
    });
    format!(
        "Type this into the FTP menu of {}:\n  Server type    {kind}\n  Address        {host}\n  Port           {port}\n  \
         Passive mode   on (ports {passive_ports}: a firewall must let them in)\n  Folder         / (any will do)\n{certificate}{signs_in}\
         The password is not shown again.\n",
        camera.name
    )
}

fn row(camera: &SenderRow, now: Millis) -> String {
    let end = match (&camera.expires_at, camera.expired) {
        (Some(at), true) => format!("ended {at}"),
        (Some(at), false) => format!("until {at}"),
        (None, _) => "no end".to_owned(),
    };
    let last = camera.last_file_at.as_deref().and_then(Millis::from_rfc3339);
    // A clock that was set back is no time before now.
    let last = last.map(|at| Duration::from_millis(u64::try_from(now.0.saturating_sub(at.0)).unwrap_or(0)));
    let sent = sent_text(camera.files, last, camera.cut_off);
    format!("{}\t{}\t{end}\t{sent}", camera.user, out::safe(&camera.name))
}
