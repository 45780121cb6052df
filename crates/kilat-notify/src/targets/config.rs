//! What a target is, as the settings name it. Secrets are named, never held.

use std::fmt;
use std::time::Duration;

use kilat_core::{Lang, NoticeKind, Priority};
use zeroize::Zeroizing;

/// Far above the people and systems that one studio tells.
pub const MAX_TARGETS: usize = 32;

/// Where secrets are: the environment, or a sealed store.
pub trait Secrets: fmt::Debug + Send + Sync {
    /// The secret of this name, if there is one.
    fn get(&self, name: &str) -> Option<Zeroizing<String>>;
}

/// Somebody who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetKind {
    /// Everything, signed as Standard Webhooks.
    Webhook {
        /// Where to.
        url: String,
        /// Name of the secret, `whsec_…`.
        secret: String,
    },
    /// Any call: `{title}`, `{message}`, `{priority}`, `{id}`, `{state}` in the body are replaced.
    Http {
        /// Where to.
        url: String,
        /// The body; in JSON, the parts are escaped as JSON wants it.
        body: String,
        /// Its type.
        content_type: String,
        /// Name of a secret that is sent as `Authorization: Bearer …`.
        secret: Option<String>,
    },
    /// A message of a Telegram bot.
    Telegram {
        /// The server; Telegram's own when none.
        url: Option<String>,
        /// The chat.
        chat: String,
        /// Name of the secret that is the bot's token.
        secret: String,
    },
    /// A message to an ntfy topic.
    Ntfy {
        /// The topic's address.
        url: String,
        /// Name of the secret that is an access token.
        secret: Option<String>,
    },
    /// A call in regular intervals: whoever gets none raises the alarm, for a dead laptop raises none itself.
    Heartbeat {
        /// Where to.
        url: String,
        /// How often.
        every: Duration,
    },
}

/// Why a target cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Its name.
    #[error("{0:?} is no name for a target: use 1 to 40 lower-case letters, digits and -")]
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

    fn check(&self) -> Result<(), ConfigError> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if !(1..=40).contains(&self.name.len()) || !self.name.chars().all(is_plain) || self.name == "push" {
            return Err(ConfigError::Name(self.name.clone()));
        }
        if let TargetKind::Heartbeat { every, .. } = &self.kind
            && !(Duration::from_secs(10)..=Duration::from_secs(86_400)).contains(every)
        {
            return Err(ConfigError::Every(self.name.clone()));
        }
        let Some(url) = self.kind.url() else { return Ok(()) };
        let wrong = |why| Err(ConfigError::Url { name: self.name.clone(), why });
        let Some((scheme, rest)) = url.split_once("://") else { return wrong("has no scheme: use https://…") };
        if scheme != "https" && scheme != "http" {
            return wrong("is neither http:// nor https://");
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
        if authority.contains('@') {
            return wrong("holds a password: put it into a secret and name that");
        }
        if authority.is_empty() { wrong("names no host") } else { Ok(()) }
    }
}

impl TargetKind {
    /// Its address, if the settings give one.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Webhook { url, .. }
            | Self::Http { url, .. }
            | Self::Ntfy { url, .. }
            | Self::Heartbeat { url, .. } => Some(url),
            Self::Telegram { url, .. } => url.as_deref(),
        }
    }

    /// Its word.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Http { .. } => "http",
            Self::Telegram { .. } => "telegram",
            Self::Ntfy { .. } => "ntfy",
            Self::Heartbeat { .. } => "heartbeat",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, url: &str) -> Target {
        Target {
            name: name.to_owned(),
            kind: TargetKind::Ntfy { url: url.to_owned(), secret: None },
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
        for url in ["ntfy.sh/kilat", "ftp://a/b", "https://user:pass@host/", "https:///x"] {
            assert!(matches!(Target::check_all(&[named("a", url)]), Err(ConfigError::Url { .. })), "{url}");
        }
        for name in ["", "Über", "a b", "push", &"x".repeat(41)] {
            assert!(matches!(Target::check_all(&[named(name, "https://a")]), Err(ConfigError::Name(_))), "{name}");
        }
    }
}
