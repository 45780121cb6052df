//! `kilat token …`: through the running server when there is one, else in the data folder.

use clap::Subcommand;
use jiff::civil::Date;
use kilat_core::{Clock, Millis, Role, SystemClock};
use kilat_wire::{CreateToken, TokenRow};

use super::out;
use super::store::Store;
use crate::config::Config;
use crate::fail::Fail;

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token for a program; it is printed once, alone on standard output
    Create {
        /// What its holder may do: viewer, operator, agent, admin
        #[arg(long, value_name = "ROLE")]
        role: Role,
        /// As you will know it; the role by default
        #[arg(long, value_name = "N")]
        name: Option<String>,
        /// When it ends: 12h, 30d, or the last day YYYY-MM-DD; never by default
        #[arg(long, value_name = "D")]
        expires: Option<String>,
    },
    /// All tokens and sessions
    List {
        /// One JSON object a line instead of text
        #[arg(long)]
        json: bool,
    },
    /// End a token or session; its open connections end within 2 s
    Revoke {
        /// Its id
        id: String,
    },
}

pub(super) fn run(config: &Config, command: TokenCommand) -> Result<(), Fail> {
    let store = Store::open(config)?;
    match command {
        TokenCommand::Create { role, name, expires } => {
            let now = SystemClock::new().now();
            let expires_at = expires.map(|text| end(&text, now)).transpose()?.map(Millis::to_rfc3339);
            let made = store.create_token(&CreateToken { role, name, expires_at })?;
            out::line(&made.token)?;
            out::note(&format!("  id {}, role {}; it is not shown again", made.row.id, made.row.role));
            Ok(())
        }
        TokenCommand::List { json } => {
            for token in store.tokens()? {
                if json { out::json(&token)? } else { out::line(&row(&token))? }
            }
            Ok(())
        }
        TokenCommand::Revoke { id } => {
            store.revoke_token(&id)?;
            out::note(&format!("{id} opens the door no more"));
            Ok(())
        }
    }
}

fn row(token: &TokenRow) -> String {
    let kind = serde_json::json!(token.kind);
    let end = match (&token.expires_at, token.expired) {
        (Some(at), true) => format!("ended {at}"),
        (Some(at), false) => format!("until {at}"),
        (None, _) => "no end".to_owned(),
    };
    format!("{}\t{}\t{}\t{}\t{}", token.id, kind.as_str().unwrap_or(""), token.role, end, token.name)
}

/// `30d`, `12h`, `90m`, or a day, whose end it means in this machine's time zone.
pub(super) fn end(text: &str, now: Millis) -> Result<Millis, Fail> {
    let wrong = || {
        Fail::setting(format!("--expires {text:?} is no time that lies ahead"), "write 12h, 30d, or a day: 2026-12-31")
    };
    if let Ok(day) = text.parse::<Date>() {
        let next = day.tomorrow().map_err(|_why| wrong())?;
        let at = next.to_zoned(jiff::tz::TimeZone::system()).map_err(|_why| wrong())?;
        let at = Millis(at.timestamp().as_millisecond());
        return if at > now { Ok(at) } else { Err(wrong()) };
    }
    let unit = text.chars().last().ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return Err(wrong()),
    };
    let count: u64 = text.strip_suffix(unit).unwrap_or("").parse().map_err(|_why| wrong())?;
    match count.checked_mul(seconds) {
        // A century is no end.
        Some(seconds @ 1..3_155_760_000) => Ok(now.plus(std::time::Duration::from_secs(seconds))),
        Some(_) | None => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_as_people_write_it() {
        let now = Millis(1_795_000_000_000);
        assert_eq!(end("12h", now).expect("a time"), Millis(now.0 + 12 * 3_600_000));
        assert_eq!(end("30d", now).expect("a time"), Millis(now.0 + 30 * 86_400_000));
        assert!(end("2030-12-31", now).expect("a day") > now);
        for wrong in ["", "d", "0d", "-1d", "30", "soon", "2020-01-01", "99999999999999999d", "1é"] {
            assert!(end(wrong, now).is_err(), "{wrong}");
        }
    }
}
