//! `[[notify]]`: who is told beyond the browser. `[notifications]`: when it is told again, and Web Push.

use std::time::Duration;

use kilat_core::{Lang, NoticeKind, Priority};
use kilat_notify::{Escalation, Target};
use kilat_wire::{CreateTarget, TargetKind};
use serde::Deserialize;

use super::Sourced;
use super::origin::{Origin, Picker};
use crate::fail::Fail;

/// A day: whoever did not look by then is not at this event.
const MAX_AFTER_S: u64 = 86_400;
/// More often than this nobody is told of one thing.
const MAX_ROUNDS: u64 = 20;

/// `[[notify]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileNotify {
    name: String,
    kind: TargetKind,
    url: Option<String>,
    chat: Option<String>,
    body: Option<String>,
    content_type: Option<String>,
    every_seconds: Option<u64>,
    at_least: Option<Priority>,
    #[serde(default)]
    types: Vec<NoticeKind>,
    #[serde(default)]
    lang: Lang,
    escalations: Option<bool>,
    ends: Option<bool>,
    #[serde(default = "yes")]
    enabled: bool,
}

fn yes() -> bool {
    true
}

/// `[notifications]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileNotifications {
    escalate_after_seconds: Option<u64>,
    escalations: Option<u64>,
    push_contact: Option<String>,
    push_own_service: Option<bool>,
}

/// What the settings say of notifications.
#[derive(Debug, Clone)]
pub(crate) struct Notifications {
    pub(crate) targets: Sourced<Vec<Target>>,
    after_s: Sourced<u64>,
    rounds: Sourced<u64>,
    pub(crate) push_contact: Sourced<Option<String>>,
    pub(crate) push_own_service: Sourced<bool>,
}

impl Notifications {
    pub(super) fn load(
        named: Option<Vec<FileNotify>>,
        file: FileNotifications,
        pick: &Picker<'_>,
        from: &dyn Fn(&'static str) -> Origin,
    ) -> Result<Self, Fail> {
        let targets = pick.any(None, "", None, "", named, from("notify")).or_default(Vec::new);
        let number = |env, file, key: &'static str, default: u64, most: u64| {
            let number = pick.number(None, "", env, file, from(key))?.or_default(|| default);
            let check = |n: &u64| match (1..=most).contains(n) {
                true => Ok(*n),
                false => Err(Fail::setting(format!("{key} = {n} cannot be"), format!("use 1 to {most}"))),
            };
            number.try_map(key, check)
        };
        let usual = Escalation::default();
        let contact =
            pick.text(None, "", "KILAT_PUSH_CONTACT", file.push_contact, from("notifications.push_contact"))?;
        Ok(Self {
            targets: targets.try_map("notify", |list| self::targets(list))?,
            after_s: number(
                "KILAT_ESCALATE_AFTER_SECONDS",
                file.escalate_after_seconds,
                "notifications.escalate_after_seconds",
                usual.after.as_secs(),
                MAX_AFTER_S,
            )?,
            rounds: number(
                "KILAT_ESCALATIONS",
                file.escalations,
                "notifications.escalations",
                usual.rounds.into(),
                MAX_ROUNDS,
            )?,
            push_contact: contact
                .optional()
                .try_map("notifications.push_contact", |text| self::contact(text.as_deref()))?,
            push_own_service: pick
                .flag(
                    None,
                    "",
                    "KILAT_PUSH_OWN_SERVICE",
                    file.push_own_service,
                    from("notifications.push_own_service"),
                )?
                .or_default(|| false),
        })
    }

    /// When what nobody has seen is told again.
    pub(crate) fn escalation(&self) -> Escalation {
        Escalation {
            after: Duration::from_secs(self.after_s.value),
            rounds: u32::try_from(self.rounds.value).unwrap_or(u32::MAX),
        }
    }

    /// Name, value and origin of each setting.
    pub(super) fn rows(&self) -> Vec<(&'static str, String, String)> {
        let names: Vec<&str> = self.targets.value.iter().map(|target| target.name.as_str()).collect();
        vec![
            ("notify", format!("{names:?}"), self.targets.origin.to_string()),
            ("notifications.escalate_after_seconds", self.after_s.value.to_string(), self.after_s.origin.to_string()),
            ("notifications.escalations", self.rounds.value.to_string(), self.rounds.origin.to_string()),
            (
                "notifications.push_contact",
                format!("{:?}", self.push_contact.value.as_deref().unwrap_or("")),
                self.push_contact.origin.to_string(),
            ),
            (
                "notifications.push_own_service",
                self.push_own_service.value.to_string(),
                self.push_own_service.origin.to_string(),
            ),
        ]
    }
}

fn targets(list: &[FileNotify]) -> Result<Vec<Target>, Fail> {
    let remedy = "docs/notifications.md shows a target of each kind";
    let all: Vec<Target> = list.iter().map(target).collect::<Result<_, _>>()?;
    Target::check_all(&all).map_err(|error| Fail::setting(error.to_string(), remedy))?;
    Ok(all)
}

fn target(given: &FileNotify) -> Result<Target, Fail> {
    let given = given.clone();
    let request = CreateTarget {
        name: given.name,
        kind: given.kind,
        url: given.url,
        chat: given.chat,
        body: given.body,
        content_type: given.content_type,
        every_seconds: given.every_seconds,
        at_least: given.at_least,
        types: given.types,
        lang: given.lang,
        escalations: given.escalations,
        ends: given.ends,
        secrets: std::collections::BTreeMap::new(),
        untested: true,
    };
    let (target, _, _) =
        kilat_server::new_target(request).map_err(|error| Fail::setting(error.to_string(), error.remedy()))?;
    Ok(Target { is_enabled: given.enabled, ..target })
}

fn contact(text: Option<&str>) -> Result<Option<String>, Fail> {
    let Some(text) = text else { return Ok(None) };
    let is_address = text.strip_prefix("mailto:").is_some_and(|address| address.contains('@'))
        || text.strip_prefix("https://").is_some_and(|host| !host.is_empty());
    if is_address && text.chars().all(|c| c.is_ascii_graphic()) {
        return Ok(Some(text.to_owned()));
    }
    Err(Fail::setting(
        format!("{text:?} is no contact for push services"),
        "use mailto:you@example.com or an https:// page",
    ))
}
