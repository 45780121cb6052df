//! What clients of the replaced system read, field by field: these names and kinds stay for ever.

use serde_json::Value;

/// `name: kinds`: s text, n number, b boolean, o object, a list, 0 null, ? may be absent.
type Fields<'a> = &'a [(&'a str, &'a str)];

const ENVELOPE: Fields<'_> = &[("type", "s"), ("timestamp", "s"), ("id", "s?")];
const DSLR: Fields<'_> = &[
    ("isConnected", "b"),
    ("isProcessing", "b"),
    ("totalUploaded", "n"),
    ("failedUploads", "n"),
    ("lastUpload", "s0"),
    ("watchFolder", "s"),
    ("eventId", "s"),
    ("uploaderName", "s"),
    ("queueSize", "n"),
    ("uploadSpeed", "n"),
    ("serviceRunning", "b"),
    ("lastHeartbeat", "s"),
    ("cameraModel", "s"),
    ("autoDetect", "b"),
    ("backupEnabled", "b"),
    ("notificationsEnabled", "b"),
    ("watermarkEnabled", "b"),
];
const UPLOAD: Fields<'_> = &[
    ("status", "s"),
    ("fileName", "s"),
    ("timestamp", "s"),
    ("fileSize", "n?"),
    ("progress", "n?"),
    ("total", "n?"),
    ("photoUrl", "s?"),
    ("error", "s?"),
];
const RUN: Fields<'_> = &[
    ("backupId", "s"),
    ("eventId", "s"),
    ("status", "s"),
    ("startTime", "s"),
    ("endTime", "s?"),
    ("duration", "n?"),
    ("totalPhotos", "n"),
    ("processedPhotos", "n"),
    ("successfulUploads", "n"),
    ("failedUploads", "n"),
    ("error", "s?"),
];

/// Payloads of messages.
const MESSAGES: &[(&str, Fields<'_>)] = &[
    ("server-connected", &[("clientId", "s"), ("timestamp", "s"), ("availableChannels", "a")]),
    ("server-heartbeat_response", &[("timestamp", "s")]),
    ("server-dslr_status", DSLR),
    ("server-dslr_status-nothing_yet", DSLR),
    ("server-camera_status-connected", &[("status", "s"), ("cameraModel", "s"), ("message", "s")]),
    ("server-camera_status-disconnected", &[("status", "s"), ("cameraModel", "s"), ("message", "s")]),
    ("server-upload_progress-starting", UPLOAD),
    ("server-upload_progress-uploading", UPLOAD),
    ("server-upload_progress-completed", UPLOAD),
    ("server-upload_progress-failed", UPLOAD),
    (
        "server-backup_progress",
        &[
            ("backupId", "s"),
            ("eventId", "s"),
            ("status", "s"),
            ("progress", "n"),
            ("processedPhotos", "n"),
            ("totalPhotos", "n"),
            ("successfulUploads", "n"),
            ("failedUploads", "n"),
        ],
    ),
    ("server-system_status", &[("status", "s"), ("message", "s"), ("data", "o")]),
    (
        "server-notification",
        &[
            ("id", "s"),
            ("type", "s"),
            ("title", "s"),
            ("message", "s"),
            ("priority", "s"),
            ("data", "o?"),
            ("showToast", "b?"),
            ("persistent", "b?"),
        ],
    ),
];

fn hold(what: &str, value: &Value, fields: Fields<'_>) {
    for (name, kinds) in fields {
        let letter = match value.get(name) {
            None => '?',
            Some(Value::Null) => '0',
            Some(Value::Bool(_)) => 'b',
            Some(Value::Number(_)) => 'n',
            Some(Value::String(_)) => 's',
            Some(Value::Array(_)) => 'a',
            Some(Value::Object(_)) => 'o',
        };
        assert!(kinds.contains(letter), "{what}: {name} is {:?}, old clients read {kinds}", value.get(name));
    }
}

#[test]
fn every_message_has_the_fields_that_old_clients_read() {
    for (name, fields) in MESSAGES {
        let message = crate::json(name);
        hold(name, &message, ENVELOPE);
        let kind = name.strip_prefix("server-").and_then(|name| name.split('-').next());
        assert_eq!(message["type"].as_str(), kind, "{name}");
        hold(name, &message["payload"], fields);
    }
    let runs = crate::json("server-backup_status");
    for run in runs["payload"].as_array().expect("a bare list") {
        hold("server-backup_status", run, RUN);
    }
}

#[test]
fn words_of_old_clients_stay() {
    let text = |name: &str, field: &str| crate::json(name)["payload"][field].as_str().unwrap_or_default().to_owned();
    for status in ["starting", "uploading", "completed", "failed"] {
        assert_eq!(text(&format!("server-upload_progress-{status}"), "status"), status);
    }
    for status in ["connected", "disconnected"] {
        assert_eq!(text(&format!("server-camera_status-{status}"), "status"), status);
    }
    let kinds = [
        "upload_success",
        "upload_failed",
        "camera_connected",
        "camera_disconnected",
        "storage_warning",
        "event_milestone",
        "backup_complete",
        "backup_failed",
        "system",
    ];
    for kind in kinds {
        serde_json::from_value::<kilat_core::NoticeKind>(kind.into()).unwrap_or_else(|error| panic!("{kind}: {error}"));
    }
    for loud in ["low", "medium", "high", "critical"] {
        serde_json::from_value::<kilat_core::Priority>(loud.into()).unwrap_or_else(|error| panic!("{loud}: {error}"));
    }
    assert_eq!(crate::json("server-connected")["payload"]["availableChannels"].to_string(), OLD_CHANNELS);
}

const OLD_CHANNELS: &str = r#"["dslr","backup","upload","camera","system"]"#;

#[test]
fn the_polling_fallback_answers_in_the_old_shapes() {
    let status = crate::json("http-getDslrStatus");
    assert_eq!(status["success"], true);
    hold("http-getDslrStatus", &status, DSLR);
    let control = crate::json("http-getControl");
    hold("http-getControl", &control, &[("success", "b"), ("message", "s"), ("state", "o")]);
    let state = &[("isRunning", "b"), ("startTime", "s0"), ("processId", "n0"), ("lastCommand", "s0")];
    hold("http-getControl.state", &control["state"], state);
    let events = crate::json("http-listEvents");
    let event = &[("id", "s"), ("name", "s"), ("date", "s"), ("status", "s?")];
    hold("http-listEvents", &events.as_array().expect("a bare list")[0], event);
    let backups = crate::json("http-listBackups");
    assert_eq!(backups["success"], true);
    let summary: Fields<'_> = &[
        ("totalBackups", "n"),
        ("activeBackups", "n"),
        ("completedBackups", "n"),
        ("failedBackups", "n"),
        ("totalPhotosBackedUp", "n"),
        ("totalPhotosFailed", "n"),
    ];
    hold("http-listBackups.summary", &backups["data"]["summary"], summary);
    for list in ["recentBackups", "allBackups"] {
        hold(list, &backups["data"][list][0], RUN);
    }
}

#[test]
fn what_old_clients_say_is_what_new_ones_say() {
    for kind in ["subscribe", "unsubscribe", "get_status", "heartbeat"] {
        let old = match kind {
            "heartbeat" => r#"{"type":"heartbeat","payload":{"timestamp":"t"},"timestamp":"t"}"#.to_owned(),
            _ => format!(r#"{{"type":"{kind}","payload":{{"channel":"upload"}},"timestamp":"t"}}"#),
        };
        let said: kilat_wire::ClientEnvelope = serde_json::from_str(&old).expect("read");
        assert_eq!(said.to_text().expect("written"), old);
    }
}
