//! One telling as a call: what each kind of target is sent. Telegram and ntfy are presets of a plain call.

use kilat_auth::Secrets;
use kilat_core::{Millis, NoticeStanding, Priority};
use serde_json::json;
use zeroize::Zeroizing;

use super::config::{BOT_TOKEN, SECRET_PLACE, SIGNING_KEY, TOKEN, Target, TargetKind, URL_SECRET, environment_name};
use super::send::{Outgoing, Trouble};
use super::sign::WebhookSecret;
use super::telling::{Telling, Why};

/// Longest text sent to people: what messengers take, with room.
const MAX_TEXT_CHARS: usize = 1_500;

/// The call that tells `target`.
pub(crate) fn request(target: &Target, telling: &Telling, secrets: &Secrets, now: Millis) -> Result<Outgoing, Trouble> {
    let text = telling.standing.text(target.lang);
    let (title, message) = (shortened(&title(telling, &text.title)), shortened(&text.message));
    let post = |url: &str, content_type: &str, body: Vec<u8>| -> Result<Outgoing, Trouble> {
        let call = Outgoing::post(&address(target, url, secrets)?, content_type, body);
        Ok(if url.contains(SECRET_PLACE) { call.with_secret_address() } else { call })
    };
    let with_token = |call: Outgoing| match secrets.get(TOKEN) {
        Some(token) => call.secret_header("authorization", Zeroizing::new(format!("Bearer {}", token.trim()))),
        None => call,
    };
    match &target.kind {
        TargetKind::Webhook { url } => {
            let key = WebhookSecret::parse(secret(target, SIGNING_KEY, secrets)?)
                .map_err(|error| Trouble::operator(error.to_string(), "give it a new one".to_owned()))?;
            let body = webhook_body(telling);
            let timestamp = now.0.div_euclid(1_000);
            let signature = key.sign(&telling.id, timestamp, &body);
            Ok(post(url, "application/json", body.into_bytes())?
                .header("webhook-id", telling.id.clone())
                .header("webhook-timestamp", timestamp.to_string())
                .header("webhook-signature", signature))
        }
        TargetKind::Http { url, body, content_type } => {
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
            Ok(with_token(post(url, content_type, body.into_bytes())?))
        }
        TargetKind::Telegram { url, chat } => {
            let server = url.as_deref().unwrap_or("https://api.telegram.org").trim_end_matches('/');
            let token = secret(target, BOT_TOKEN, secrets)?.trim();
            let body = json!({ "chat_id": chat, "text": format!("{title}\n{message}"), "link_preview_options": { "is_disabled": true } });
            let url = Zeroizing::new(format!("{server}/bot{token}/sendMessage"));
            Ok(Outgoing::post(&url, "application/json", body.to_string().into_bytes()).with_secret_address())
        }
        TargetKind::Ntfy { url } => {
            let level = match telling.standing.notice.priority {
                _ if telling.why == Why::Resolved => "2",
                Priority::Low => "2",
                Priority::Medium => "3",
                Priority::High => "4",
                Priority::Critical => "5",
            };
            let call = post(url, "text/plain; charset=utf-8", message.into_bytes())?
                .header("title", encoded_word(&title))
                .header("priority", level.to_owned());
            Ok(with_token(call))
        }
        TargetKind::Heartbeat { url, .. } => {
            let call = Outgoing::get(&address(target, url, secrets)?);
            Ok(if url.contains(SECRET_PLACE) { call.with_secret_address() } else { call })
        }
    }
}

/// The address with its secret part in place.
fn address(target: &Target, url: &str, secrets: &Secrets) -> Result<Zeroizing<String>, Trouble> {
    if !url.contains(SECRET_PLACE) {
        return Ok(Zeroizing::new(url.to_owned()));
    }
    Ok(Zeroizing::new(url.replace(SECRET_PLACE, secret(target, URL_SECRET, secrets)?.trim())))
}

fn secret<'a>(target: &Target, field: &str, secrets: &'a Secrets) -> Result<&'a str, Trouble> {
    let found = secrets.get(field).map(|value| value.as_str());
    found.ok_or_else(|| {
        Trouble::operator(
            format!("its secret {field} is not known"),
            format!(
                "set {} in the server's environment, or add the target anew",
                environment_name(&target.name, field)
            ),
        )
    })
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
