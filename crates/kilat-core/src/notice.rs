//! Notices: what a person must see, and how it stands with each.
//!
//! A notice about something that lasts has a key, and one key has one open notice: raised again it is
//! folded into that one. Its texts are not in it: [`catalogue`](crate::Said) has them in every language.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{EventId, Lang, Millis, NoticeText, Said};

/// Names kept of what was folded into one notice: enough to recognise it by; the list of problems has all.
pub const MAX_SAMPLES: usize = 5;

/// What goes away again so soon after its notice was resolved keeps the same notice: whoever read that it is back has
/// hardly put the telephone away, and a loose plug or a hub without power fails again within minutes.
pub const FLAP_WINDOW: Duration = Duration::from_secs(10 * 60);
/// So long something that came and went must stay until its notice is resolved: longer than a disk takes to spin up
/// and a person to push a plug in again.
pub const STEADY: Duration = Duration::from_secs(3 * 60);

/// Something that a person must see, as it was raised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// Names it, and what caused it; raising the same id twice raises it once.
    pub id: String,
    /// What it is about, for example `destination:disk`: while one is open, another with its key is folded into it.
    /// Without one it tells of a moment, and is never open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What the catalogue says of it; none when title and message stand here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<Said>,
    /// Its kind, as the wire names it.
    pub kind: NoticeKind,
    /// Short, English; empty when the catalogue has it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// What happened, to what, what to do; English; empty when the catalogue has it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// How loud.
    pub priority: Priority,
    /// Its parts, for texts, screens and programs.
    pub data: BTreeMap<String, String>,
    /// Of a loss: the name of what was lost. Losses are counted; a state that lasts is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<String>,
    /// The event it concerns.
    pub event: Option<EventId>,
    /// When it was raised.
    pub at: Millis,
    /// Kept for the list, told to nobody: the operator had switched notices off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub silent: bool,
}

impl Notice {
    /// A notice of a moment, in the catalogue's words.
    #[must_use]
    pub fn new(id: impl Into<String>, said: Said, priority: Priority, at: Millis) -> Self {
        Self {
            id: id.into(),
            key: None,
            said: Some(said),
            kind: said.kind(),
            title: String::new(),
            message: String::new(),
            priority,
            data: BTreeMap::new(),
            sample: None,
            event: None,
            at,
            silent: false,
        }
    }

    /// About something that lasts: open until it is resolved.
    #[must_use]
    pub fn about(self, key: impl Into<String>) -> Self {
        Self { key: Some(key.into()), ..self }
    }

    /// One of possibly many losses: counted, with some names.
    #[must_use]
    pub fn of_loss(self, name: impl Into<String>) -> Self {
        let name = name.into();
        Self { sample: Some(name.clone()), ..self }.with("name", name)
    }

    /// Which of two about the same thing says more.
    #[must_use]
    pub fn weight(&self) -> (Priority, u8) {
        (self.priority, self.said.map_or(0, Said::weight))
    }

    /// With a part of its text.
    #[must_use]
    pub fn with(mut self, part: &str, value: impl Into<String>) -> Self {
        self.data.insert(part.to_owned(), value.into());
        self
    }
}

/// A notice as it stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NoticeStanding {
    /// What was raised, or what replaced it since.
    pub notice: Notice,
    /// How often: 1, the losses that were folded into it, or how often it went away again.
    pub count: u64,
    /// When it changed last.
    pub changed_at: Millis,
    /// The first names of what was folded into it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<String>,
    /// When its cause ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_at: Option<Millis>,
    /// Who has seen it, and when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledgement>,
    /// How often it was told again because nobody had seen it.
    #[serde(default)]
    pub escalations: u32,
    /// When it was told again last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_at: Option<Millis>,
    /// Of what came and went: since when it is well, while it is not believed yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub well_since: Option<Millis>,
}

/// Somebody has seen a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Who: an account, or a token's name.
    pub by: String,
    /// When.
    pub at: Millis,
}

/// Where a notice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeState {
    /// Its cause lasts, and nobody has seen it.
    Open,
    /// Somebody has seen it.
    Acknowledged,
    /// Its cause ended.
    Resolved,
    /// It told of a moment.
    Told,
}

impl NoticeStanding {
    /// As it was just raised.
    #[must_use]
    pub fn new(notice: Notice) -> Self {
        Self {
            count: 1,
            changed_at: notice.at,
            samples: notice.sample.iter().cloned().collect(),
            resolved_at: None,
            acknowledged: None,
            escalations: 0,
            escalated_at: None,
            well_since: None,
            notice,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> NoticeState {
        if self.resolved_at.is_some() {
            NoticeState::Resolved
        } else if self.acknowledged.is_some() {
            NoticeState::Acknowledged
        } else if self.notice.key.is_some() {
            NoticeState::Open
        } else {
            NoticeState::Told
        }
    }

    /// Its texts as they are now.
    #[must_use]
    pub fn text(&self, lang: Lang) -> NoticeText {
        let notice = &self.notice;
        match notice.said {
            Some(said) => said.text(lang, &notice.data, self.count, self.resolved_at.is_some()),
            None => NoticeText { title: notice.title.clone(), message: notice.message.clone() },
        }
    }

    /// Whether `later`, of the same key, tells nothing that this one does not.
    #[must_use]
    pub fn covers(&self, later: &Notice) -> bool {
        let is_same = self.notice.said == later.said && self.notice.priority == later.priority;
        if is_same {
            let words = |notice: &Notice| notice.data.get("reason").map(|reason| without_numbers(reason));
            words(&self.notice) == words(later)
        } else {
            later.weight() < self.notice.weight()
        }
    }
}

/// A reason without its amounts: a disk that has 2 MB left and then 1 MB is full for the same reason.
fn without_numbers(reason: &str) -> String {
    const UNITS: [&str; 6] = ["bytes", "B", "kB", "MB", "GB", "TB"];
    let is_amount = |word: &&str| {
        let bare = word.trim_end_matches([',', '.', ':', ';']);
        UNITS.contains(&bare) || word.starts_with(|c: char| c.is_ascii_digit())
    };
    reason.split_whitespace().filter(|word| !is_amount(word)).collect::<Vec<_>>().join(" ")
}

/// What changed about a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum NoticeChange {
    /// Another loss was folded into it. Viewers are told of several at once, by `Updated`.
    Repeated {
        /// Which.
        id: String,
        /// The id that the loss was raised under: it counts once.
        cause: String,
        /// The name of what was lost.
        name: String,
    },
    /// What it is about went away again soon after it was back: counted into the same notice.
    Returned {
        /// Which.
        id: String,
        /// The id that it was raised under: it counts once.
        cause: String,
        /// Whether it had been called over. Otherwise viewers are told of several at once, by `Updated`.
        is_louder: bool,
    },
    /// What it is about is well now. Recorded as `Resolved` unless it came and went.
    Well {
        /// The key of the open notice.
        key: String,
        /// Only when it says this.
        said: Said,
    },
    /// Viewers are told how it stands now.
    Updated {
        /// Which.
        id: String,
        /// Whether it became more urgent.
        #[serde(default)]
        is_louder: bool,
    },
    /// Its cause ended.
    Resolved {
        /// The key of the open notice.
        key: String,
        /// Only when it says one of these; whatever it says when empty.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        only: Vec<Said>,
    },
    /// Somebody has seen it.
    Acknowledged {
        /// Which.
        id: String,
        /// Who: an account, or a token's name.
        by: String,
    },
    /// Nobody has seen it for long: it is told again, louder.
    Escalated {
        /// Which.
        id: String,
        /// How often, with this one: each number once.
        round: u32,
    },
}

/// Kinds of notices, as existing clients know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Copies were stored.
    UploadSuccess,
    /// A copy was given up.
    UploadFailed,
    /// A source came back.
    CameraConnected,
    /// A source is gone.
    CameraDisconnected,
    /// A destination is full, gone or read-only, or will be full.
    StorageWarning,
    /// A round number of photos is safe.
    EventMilestone,
    /// A backup run ended well.
    BackupComplete,
    /// A backup run failed.
    BackupFailed,
    /// About Kilat itself.
    System,
}

/// How loud a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// For the list only.
    Low,
    /// Worth a toast.
    Medium,
    /// Needs a look soon.
    High,
    /// Photos are in danger now.
    Critical,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn down(reason: &str) -> Notice {
        Notice::new("n", Said::DestinationDown, Priority::Critical, Millis(1)).with("reason", reason)
    }

    #[test]
    fn the_same_reason_with_other_numbers_is_nothing_new() {
        let standing = NoticeStanding::new(down("shelf has too little room: 1.2 GB are to be copied, 900 MB are free"));
        assert!(standing.covers(&down("shelf has too little room: 1.2 GB are to be copied, 12 kB are free")));
        assert!(!standing.covers(&down("shelf cannot be used: its disk is not there")));
    }
}
