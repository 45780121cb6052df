//! What a target is, as the settings or an operator name it. Its secrets are kept elsewhere.

use kilat_core::{Lang, NoticeKind, Priority};
use serde::{Deserialize, Serialize};

/// Far above the people and systems that one studio tells.
pub const MAX_TARGETS: usize = 32;
/// Longest address, body or chat: a note holds a whole target.
const MAX_TEXT_BYTES: usize = 2_048;
/// Stands in an address for the secret [`URL_SECRET`].
pub const SECRET_PLACE: &str = "{secret}";
/// The part of an address that nobody may read, as chat services give them out.
pub(super) const URL_SECRET: &str = "url_secret";
/// Signs what a webhook is sent.
pub(super) const SIGNING_KEY: &str = "signing_key";
/// Lets Kilat write as a bot.
pub(super) const BOT_TOKEN: &str = "bot_token";
/// Lets Kilat write to a topic or call.
pub(super) const TOKEN: &str = "token";

/// Somebody who is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Short name that people type.
    pub name: String,
    /// How.
    pub kind: TargetKind,
    /// Of which loudness and above.
    pub at_least: Priority,
    /// Of which kinds; of all when empty.
    pub kinds: Vec<NoticeKind>,
    /// In which language.
    pub lang: Lang,
    /// Whether it is told at all.
    pub is_enabled: bool,
    /// Whether it is told again of what nobody has seen.
    pub hears_escalations: bool,
    /// Whether it is told that the cause ended.
    pub hears_ends: bool,
}

/// How a target is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum TargetKind {
    /// Everything, signed as Standard Webhooks.
    Webhook {
        /// Where to.
        url: String,
    },
    /// Any call: `{title}`, `{message}`, `{priority}`, `{id}`, `{state}` in the body are replaced.
    Http {
        /// Where to.
        url: String,
        /// The body; in JSON, the parts are escaped as JSON wants it.
        body: String,
        /// Its type.
        content_type: String,
    },
    /// A message of a Telegram bot.
    Telegram {
        /// The server; Telegram's own when none.
        url: Option<String>,
        /// The chat.
        chat: String,
    },
    /// A message to an ntfy topic.
    Ntfy {
        /// The topic's address.
        url: String,
    },
    /// A call in regular intervals: whoever gets none raises the alarm, for a dead laptop raises none itself.
    Heartbeat {
        /// Where to.
        url: String,
        /// How often.
        every_s: u64,
    },
}

/// A secret that a target may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretField {
    /// Its name.
    pub name: &'static str,
    /// Whether nothing goes without it.
    pub is_required: bool,
}

/// Why a target cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Its name.
    #[error("{0:?} is no name for a target: use 1 to 40 lower-case letters, digits and -, not beginning with push")]
    Name(String),
    /// Two of one name.
    #[error("two targets are named {0:?}")]
    Twice(String),
    /// Its address.
    #[error("the address of the target {name} {why}")]
    Url {
        /// Which target.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
    /// Its interval.
    #[error("the target {0} calls at most once in 10 s and at least once a day")]
    Every(String),
    /// A part of it.
    #[error("the {what} of the target {name} is longer than {MAX_TEXT_BYTES} bytes, or spans lines where it must not")]
    Text {
        /// Which target.
        name: String,
        /// Which part.
        what: &'static str,
    },
    /// Too many.
    #[error("there are more than {MAX_TARGETS} targets")]
    TooMany,
}

impl Target {
    /// Checks a set of targets.
    ///
    /// # Errors
    /// What cannot be.
    pub fn check_all(targets: &[Self]) -> Result<(), ConfigError> {
        if targets.len() > MAX_TARGETS {
            return Err(ConfigError::TooMany);
        }
        for (at, target) in targets.iter().enumerate() {
            if targets[at + 1..].iter().any(|other| other.name == target.name) {
                return Err(ConfigError::Twice(target.name.clone()));
            }
            target.check()?;
        }
        Ok(())
    }

    /// Checks one.
    ///
    /// # Errors
    /// What cannot be.
    pub fn check(&self) -> Result<(), ConfigError> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_name = (1..=40).contains(&self.name.len()) && self.name.chars().all(is_plain);
        // Devices that were signed up are told under such names.
        if !is_name || self.name.starts_with("push") {
            return Err(ConfigError::Name(self.name.chars().take(40).collect()));
        }
        if let TargetKind::Heartbeat { every_s, .. } = &self.kind
            && !(10..=86_400).contains(every_s)
        {
            return Err(ConfigError::Every(self.name.clone()));
        }
        self.check_texts()?;
        self.kind.url().map_or(Ok(()), |url| self.check_url(url))
    }

    fn check_texts(&self) -> Result<(), ConfigError> {
        let (body, lines) = match &self.kind {
            TargetKind::Http { body, content_type, .. } => (body.as_str(), [("content type", content_type.as_str())]),
            TargetKind::Telegram { chat, .. } => ("", [("chat", chat.as_str())]),
            TargetKind::Webhook { .. } | TargetKind::Ntfy { .. } | TargetKind::Heartbeat { .. } => ("", [("", "")]),
        };
        let wrong = |what| Err(ConfigError::Text { name: self.name.clone(), what });
        if body.len() > MAX_TEXT_BYTES {
            return wrong("body");
        }
        for (what, text) in lines {
            if text.len() > MAX_TEXT_BYTES || text.chars().any(char::is_control) {
                return wrong(what);
            }
        }
        Ok(())
    }

    fn check_url(&self, url: &str) -> Result<(), ConfigError> {
        let wrong = |why| Err(ConfigError::Url { name: self.name.clone(), why });
        let Some((scheme, rest)) = url.split_once("://") else { return wrong("has no scheme: use https://…") };
        if scheme != "https" && scheme != "http" {
            return wrong("is neither http:// nor https://");
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
        if authority.contains('@') {
            return wrong("holds a password: put it into a secret");
        }
        if authority.contains(['{', '}']) {
            return wrong("hides its host: {secret} may stand behind the host only");
        }
        if url.len() > MAX_TEXT_BYTES || !url.chars().all(|c| c.is_ascii_graphic()) {
            return wrong("is too long, or holds characters that must be written with %");
        }
        if authority.is_empty() { wrong("names no host") } else { Ok(()) }
    }
}

impl TargetKind {
    /// Its address, if one was given.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Webhook { url } | Self::Http { url, .. } | Self::Ntfy { url } | Self::Heartbeat { url, .. } => {
                Some(url)
            }
            Self::Telegram { url, .. } => url.as_deref(),
        }
    }

    /// The secrets that it may have.
    #[must_use]
    pub fn secrets(&self) -> Vec<SecretField> {
        let field = |name, is_required| SecretField { name, is_required };
        let own = match self {
            Self::Webhook { .. } => Some(field(SIGNING_KEY, true)),
            Self::Http { .. } | Self::Ntfy { .. } => Some(field(TOKEN, false)),
            Self::Telegram { .. } => Some(field(BOT_TOKEN, true)),
            Self::Heartbeat { .. } => None,
        };
        let of_address = self.url().filter(|url| url.contains(SECRET_PLACE)).map(|_| field(URL_SECRET, true));
        own.into_iter().chain(of_address).collect()
    }
}

/// `KILAT_SECRET_OWNER_BOT_TOKEN` for the field `bot_token` of `owner`.
#[must_use]
pub fn environment_name(target: &str, field: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("KILAT_SECRET_{}_{}", target.chars().map(plain).collect::<String>(), field.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, url: &str) -> Target {
        Target {
            name: name.to_owned(),
            kind: TargetKind::Ntfy { url: url.to_owned() },
            at_least: Priority::Low,
            kinds: Vec::new(),
            lang: Lang::En,
            is_enabled: true,
            hears_escalations: true,
            hears_ends: true,
        }
    }

    #[test]
    fn a_target_that_cannot_be_is_refused_by_name() {
        let good = named("owner-phone", "https://ntfy.sh/kilat");
        assert_eq!(Target::check_all(std::slice::from_ref(&good)), Ok(()));
        assert_eq!(Target::check_all(&[good.clone(), good]), Err(ConfigError::Twice("owner-phone".to_owned())));
        for url in [
            "ntfy.sh/kilat",
            "ftp://a/b",
            "https://user:pass@host/",
            "https:///x",
            "https://{secret}/x",
            "https://a/b c",
            "https://a/\r\nhost: b",
        ] {
            assert!(matches!(Target::check_all(&[named("a", url)]), Err(ConfigError::Url { .. })), "{url}");
        }
        for name in ["", "Über", "a b", "push", "push-1", &"x".repeat(41)] {
            assert!(matches!(Target::check_all(&[named(name, "https://a")]), Err(ConfigError::Name(_))), "{name}");
        }
    }

    #[test]
    fn an_address_that_hides_a_part_of_itself_needs_that_part() {
        let hidden = named("a", "https://hooks.example.com/{secret}").kind.secrets();
        assert!(hidden.contains(&SecretField { name: URL_SECRET, is_required: true }), "{hidden:?}");
        assert_eq!(environment_name("owner-phone", URL_SECRET), "KILAT_SECRET_OWNER_PHONE_URL_SECRET");
    }
}
