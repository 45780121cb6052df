//! One telling as a call: what each kind of target is sent. Telegram and ntfy are presets of a plain call.

use kilat_core::{Millis, NoticeStanding, Priority};
use serde_json::json;
use zeroize::Zeroizing;

use super::config::{Secrets, Target, TargetKind};
use super::send::{Outgoing, Trouble};
use super::sign::WebhookSecret;
use super::telling::{Telling, Why};

/// Longest text sent to people: what messengers take, with room.
const MAX_TEXT_CHARS: usize = 1_500;

/// The call that tells `target`.
pub(crate) fn request(
    target: &Target,
    telling: &Telling,
    secrets: &dyn Secrets,
    now: Millis,
) -> Result<Outgoing, Trouble> {
    let secret = |name: &str| {
        secrets.get(name).ok_or_else(|| {
            Trouble::operator(
                format!("the secret {name:?} is not known"),
                format!("set KILAT_SECRET_{} in the server's environment", name.to_uppercase().replace('-', "_")),
            )
        })
    };
    let text = telling.standing.text(target.lang);
    let (title, message) = (shortened(&title(telling, &text.title)), shortened(&text.message));
    match &target.kind {
        TargetKind::Webhook { url, secret: name } => {
            let key = WebhookSecret::parse(&secret(name)?)
                .map_err(|error| Trouble::operator(error.to_string(), "make one: kilat notify secret".to_owned()))?;
            let body = webhook_body(telling);
            let timestamp = now.0.div_euclid(1_000);
            let signature = key.sign(&telling.id, timestamp, &body);
            Ok(Outgoing::post(url, "application/json", body.into_bytes())
                .header("webhook-id", telling.id.clone())
                .header("webhook-timestamp", timestamp.to_string())
                .header("webhook-signature", signature))
        }
        TargetKind::Http { url, body, content_type, secret: name } => {
            let is_json = content_type.contains("json");
            let state = telling.why.as_str();
            let parts = [
                ("title", &*title),
                ("message", &*message),
                ("priority", priority(telling)),
                ("id", &*telling.id),
                ("state", state),
            ];
            let body = filled(body, &parts, is_json);
            let call = Outgoing::post(url, content_type, body.into_bytes());
            Ok(match name {
                Some(name) => call.secret_header("authorization", bearer(&secret(name)?)),
                None => call,
            })
        }
        TargetKind::Telegram { url, chat, secret: name } => {
            let server = url.as_deref().unwrap_or("https://api.telegram.org").trim_end_matches('/');
            let token = secret(name)?;
            let body = json!({ "chat_id": chat, "text": format!("{title}\n{message}"), "link_preview_options": { "is_disabled": true } });
            let url = Zeroizing::new(format!("{server}/bot{}/sendMessage", token.trim()));
            Ok(Outgoing::post(&url, "application/json", body.to_string().into_bytes()).with_secret_address())
        }
        TargetKind::Ntfy { url, secret: name } => {
            let level = match telling.standing.notice.priority {
                _ if telling.why == Why::Resolved => "2",
                Priority::Low => "2",
                Priority::Medium => "3",
                Priority::High => "4",
                Priority::Critical => "5",
            };
            let call = Outgoing::post(url, "text/plain; charset=utf-8", message.into_bytes())
                .header("title", encoded_word(&title))
                .header("priority", level.to_owned());
            Ok(match name {
                Some(name) => call.secret_header("authorization", bearer(&secret(name)?)),
                None => call,
            })
        }
        TargetKind::Heartbeat { url, .. } => Ok(Outgoing::get(url)),
    }
}

fn bearer(secret: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("Bearer {}", secret.trim()))
}

fn priority(telling: &Telling) -> &'static str {
    match telling.standing.notice.priority {
        Priority::Low => "low",
        Priority::Medium => "medium",
        Priority::High => "high",
        Priority::Critical => "critical",
    }
}

/// An alarm that nobody has seen says so.
fn title(telling: &Telling, title: &str) -> String {
    match telling.why {
        Why::Escalated => format!("‼ {title} ({})", telling.standing.escalations + 1),
        Why::Raised | Why::Updated | Why::Resolved | Why::Acknowledged | Why::Trial => title.to_owned(),
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= MAX_TEXT_CHARS {
        return text.to_owned();
    }
    text.chars().take(MAX_TEXT_CHARS - 1).chain(['…']).collect()
}

/// What a webhook is sent: the type, when, and the notice in every language.
pub(crate) fn webhook_body(telling: &Telling) -> String {
    let NoticeStanding { notice, .. } = &telling.standing;
    let text = |lang| {
        let text = telling.standing.text(lang);
        json!({ "title": text.title, "message": text.message })
    };
    let english = telling.standing.text(kilat_core::Lang::En);
    json!({
        "type": format!("notification.{}", telling.why.as_str()),
        "timestamp": telling.at.to_rfc3339(),
        "data": {
            "id": notice.id,
            "type": notice.kind,
            "priority": notice.priority,
            "title": english.title,
            "message": english.message,
            "texts": { "en": text(kilat_core::Lang::En), "id": text(kilat_core::Lang::Id) },
            "about": notice.key,
            "state": telling.standing.state(),
            "count": telling.standing.count,
            "samples": telling.standing.samples,
            "data": notice.data,
            "eventId": notice.event,
            "raisedAt": notice.at.to_rfc3339(),
            "resolvedAt": telling.standing.resolved_at.map(Millis::to_rfc3339),
            "acknowledgedBy": telling.standing.acknowledged.as_ref().map(|ack| &ack.by),
            "escalations": telling.standing.escalations,
        },
    })
    .to_string()
}

/// Puts the parts into their places; what comes in is never read for places again.
fn filled(template: &str, parts: &[(&str, &str)], is_json: bool) -> String {
    let mut text = String::new();
    let mut rest = template;
    'next: while let Some(at) = rest.find('{') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        for (name, value) in parts {
            if let Some(after) = rest.strip_prefix(&format!("{{{name}}}")) {
                if is_json {
                    let quoted = json!(value).to_string();
                    text.push_str(&quoted[1..quoted.len() - 1]);
                } else {
                    text.push_str(value);
                }
                rest = after;
                continue 'next;
            }
        }
        text.push('{');
        rest = &rest[1..];
    }
    text + rest
}

/// A header's text beyond ASCII, as RFC 2047 has it.
fn encoded_word(text: &str) -> String {
    if text.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        return text.to_owned();
    }
    let short: String = text.chars().take(200).filter(|c| !c.is_control()).collect();
    format!("=?UTF-8?B?{}?=", data_encoding::BASE64.encode(short.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_stay_inside_the_json_that_they_are_put_into() {
        let body = filled(
            r#"{"text": "{title}: {message}", "n": {"x": 1}}"#,
            &[("title", "a\"b\\"), ("message", "{title}\n</script>")],
            true,
        );
        let read: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(read["text"], "a\"b\\: {title}\n</script>");
        assert_eq!(read["n"]["x"], 1);
    }

    #[test]
    fn a_header_cannot_be_split() {
        assert_eq!(encoded_word("Storage full"), "Storage full");
        let hostile = encoded_word("a\r\nx: y");
        assert!(!hostile.contains('\r') && !hostile.contains('\n'), "{hostile}");
    }
}
