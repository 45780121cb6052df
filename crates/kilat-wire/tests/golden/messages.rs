//! One message of each kind, as the server and clients say it in a small wedding.

use std::collections::BTreeMap;

use kilat_core::{AskedBy, Lang, NoticeKind, NoticeState, NoticeText, PhotoKind, Priority, RunKind};
use kilat_wire::{
    BackupFailure, BackupFile, BackupPhase, BackupProgress, BackupRun, CameraStatus, CameraView, Channel,
    ClientEnvelope, ClientSays, Connected, Counts, Cursor, DestinationView, Draining, DslrStatus, Envelope, ErrorBody,
    EventView, Heartbeat, HeartbeatResponse, Link, LinkState, Links, MachineSummary, Notification, Now, PhotoState,
    PhotoView, Problem, ProblemKind, ProgramEnvelope, PublishBody, Published, PublishedKind, RestoreFailure,
    RestorePhase, RestoreRun, ServerMessage, Skipped, SkippedWhy, SourceView, Subscribe, Subscribed, SystemStatus,
    UploadProgress, UploadStatus, Which,
};
use serde_json::json;

use crate::Golden;

pub(crate) const EPOCH: &str = "01kb3v7x2m8qd5s0n4r6t9wyzc";
pub(crate) const AT: &str = "2026-11-21T09:04:05.007Z";
pub(crate) const EARLIER: &str = "2026-11-21T09:04:04.120Z";
pub(crate) const PHOTO: &str = "01KB3VA4W8Z3J5M7P9R1T3V5X7";

pub(crate) fn add(all: &mut Golden) {
    said(all);
    states(all);
    entries(all);
    asked(all);
}

fn said(all: &mut Golden) {
    let answers = [
        (
            "connected",
            ServerMessage::Connected(Connected {
                client_id: "client-7".to_owned(),
                timestamp: AT.to_owned(),
                available_channels: Channel::ALL.to_vec(),
                version: "0.1.0".to_owned(),
            }),
        ),
        ("subscribed", ServerMessage::Subscribed(subscribed())),
        ("subscribed-resumed", ServerMessage::Subscribed(Subscribed { replayed: 3, ..subscribed() })),
        (
            "subscribed-skipped",
            ServerMessage::Subscribed(Subscribed {
                recovered: false,
                skipped: Some(Skipped {
                    why: SkippedWhy::OtherEpoch,
                    message: "the cursor is of another history".to_owned(),
                    after: None,
                    up_to: 417,
                }),
                ..subscribed()
            }),
        ),
        (
            "published-log",
            ServerMessage::Published(Published {
                r#ref: Some("17".to_owned()),
                channel: Channel::Upload,
                kind: PublishedKind::Log,
                epoch: Some(EPOCH.to_owned()),
                seq: Some(418),
            }),
        ),
        (
            "published-state",
            ServerMessage::Published(Published {
                r#ref: None,
                channel: Channel::Dslr,
                kind: PublishedKind::State,
                epoch: Some(EPOCH.to_owned()),
                seq: None,
            }),
        ),
        ("draining", ServerMessage::Draining(Draining { reconnect_after_ms: 740 })),
        ("heartbeat_response", ServerMessage::HeartbeatResponse(HeartbeatResponse { timestamp: AT.to_owned() })),
        (
            "error",
            ServerMessage::Error(ErrorBody {
                code: "unknown_channel".to_owned(),
                message: "there is no channel \"nobody\"; there are dslr, backup, upload, camera, system".to_owned(),
                r#ref: Some("q1".to_owned()),
            }),
        ),
    ];
    for (name, message) in answers {
        crate::add(all, &format!("server-{name}"), &Envelope::of(message, AT.to_owned()));
    }
}

pub(crate) fn subscribed() -> Subscribed {
    Subscribed {
        channel: Channel::Upload,
        channels: vec![Channel::Upload, Channel::System],
        epoch: EPOCH.to_owned(),
        seq: 417,
        recovered: true,
        replayed: 0,
        skipped: None,
    }
}

fn states(all: &mut Golden) {
    let mut add = |name: &str, channel, message| crate::add(all, &format!("server-{name}"), &state(channel, message));
    add("dslr_status", Channel::Dslr, ServerMessage::DslrStatus(dslr(Some(EARLIER.to_owned()))));
    add("dslr_status-nothing_yet", Channel::Dslr, ServerMessage::DslrStatus(dslr(None)));
    add("now", Channel::Dslr, ServerMessage::Now(Box::new(now())));
    add("backup_status", Channel::Backup, ServerMessage::BackupStatus(vec![run("completed"), run("failed")]));
    add(
        "backup_progress",
        Channel::Backup,
        ServerMessage::BackupProgress(BackupProgress {
            backup_id: "b-1".to_owned(),
            event_id: "ayu-bima".to_owned(),
            status: "backing_up".to_owned(),
            progress: 41.5,
            processed_photos: 83,
            total_photos: 200,
            successful_uploads: 82,
            failed_uploads: 1,
            destination: "shelf".to_owned(),
            phase: BackupPhase::Copying,
            total_bytes: 2_000_000_000,
            processed_bytes: 830_000_000,
            bytes_per_second: Some(120_000_000),
            eta_ms: Some(9_750),
            current_files: vec![BackupFile {
                name: "DSC_0412.NEF".to_owned(),
                done_bytes: 2_097_152,
                total_bytes: 33_554_432,
            }],
        }),
    );
    let data = [
        ("viewers".to_owned(), json!(3)),
        ("version".to_owned(), json!("0.1.0")),
        ("machine".to_owned(), json!(machine())),
    ];
    add(
        "restore_status",
        Channel::Backup,
        ServerMessage::RestoreStatus(RestoreRun { folder: None, ..restore(RestorePhase::Copying) }),
    );
    add(
        "system_status",
        Channel::System,
        ServerMessage::SystemStatus(SystemStatus {
            status: "ok".to_owned(),
            message: "Kilat is running".to_owned(),
            data: BTreeMap::from(data),
        }),
    );
    add(
        "upload_progress-uploading",
        Channel::Dslr,
        ServerMessage::UploadProgress(UploadProgress {
            progress: Some(37.5),
            photo_url: Some(preview()),
            photo_id: Some(PHOTO.to_owned()),
            destination: Some("backup".to_owned()),
            ..progress(UploadStatus::Uploading)
        }),
    );
}

pub(crate) fn machine() -> MachineSummary {
    MachineSummary {
        measured_at: Some(EARLIER.to_owned()),
        cpu: Some(12.5),
        memory: Some(50.0),
        storage: Some(93.0),
        load: Some(0.5),
        hours_until_full: Some(1.5),
        temperature: None,
        received_bytes_per_second: Some(1_000_000.0),
        sent_bytes_per_second: Some(2_000.0),
        commit_ms: Some(5.5),
        alerts: vec!["/media/ssd: 93 % in use, beyond 90 %. Free some room there, or name another disk.".to_owned()],
    }
}

fn entries(all: &mut Golden) {
    let mut add = |name: &str, channels: [Channel; 2], message| {
        crate::add(all, &format!("server-{name}"), &entry(channels, message));
    };
    let upload = [Channel::Upload, Channel::Dslr];
    add(
        "upload_progress-starting",
        upload,
        ServerMessage::UploadProgress(UploadProgress { progress: Some(0.0), ..progress(UploadStatus::Starting) }),
    );
    add("upload_progress-completed", upload, ServerMessage::UploadProgress(completed()));
    add(
        "upload_progress-failed",
        upload,
        ServerMessage::UploadProgress(UploadProgress {
            error: Some("the destination refuses it: make room on backup".to_owned()),
            destination: Some("backup".to_owned()),
            ..progress(UploadStatus::Failed)
        }),
    );
    let camera = |status: &str| {
        ServerMessage::CameraStatus(CameraStatus {
            status: status.to_owned(),
            camera_model: "NIKON Z 9".to_owned(),
            message: "can be read".to_owned(),
        })
    };
    add("camera_status-connected", [Channel::Camera, Channel::Dslr], camera("connected"));
    add("camera_status-disconnected", [Channel::Camera, Channel::Dslr], camera("disconnected"));
    add("notification", [Channel::System, Channel::Upload], ServerMessage::Notification(notice()));
    add("notification-folded", [Channel::System, Channel::Upload], ServerMessage::Notification(folded_notice()));
    let program = ProgramEnvelope {
        r#type: "weather".to_owned(),
        payload: json!({ "rain": true }),
        timestamp: AT.to_owned(),
        channel: Channel::Upload,
        epoch: EPOCH.to_owned(),
        seq: 418,
        prev: Some(BTreeMap::from([(Channel::Upload, 417)])),
        as_of: None,
        max_age_ms: None,
    };
    crate::add(all, "program-log", &program);
    let program = ProgramEnvelope {
        r#type: "backup_progress".to_owned(),
        prev: None,
        as_of: Some(AT.to_owned()),
        max_age_ms: Some(35_000),
        ..program
    };
    crate::add(all, "program-state", &program);
}

fn asked(all: &mut Golden) {
    let cursor = Cursor { epoch: EPOCH.to_owned(), seq: 410 };
    let one = || Which::One { channel: Channel::Upload };
    let several = || Which::Several { channels: vec![Channel::Upload, Channel::System] };
    let messages = [
        ("subscribe", ClientSays::Subscribe(Subscribe { which: one(), since: None })),
        ("subscribe-since", ClientSays::Subscribe(Subscribe { which: several(), since: Some(cursor) })),
        ("unsubscribe", ClientSays::Unsubscribe(one())),
        ("get_status", ClientSays::GetStatus(several())),
        ("heartbeat", ClientSays::Heartbeat(Heartbeat { timestamp: Some(AT.to_owned()) })),
        (
            "publish",
            ClientSays::Publish(PublishBody {
                channel: Channel::Upload,
                r#type: "weather".to_owned(),
                payload: json!({ "rain": true }),
            }),
        ),
    ];
    for (name, message) in messages {
        let said = ClientEnvelope { timestamp: Some(AT.to_owned()), id: Some("17".to_owned()), message };
        let text = said.to_text().expect("plain data");
        kilat_wire::parse_client(&text).unwrap_or_else(|mistake| panic!("{text}: {mistake:?}"));
        crate::add(all, &format!("client-{name}"), &said);
    }
}

pub(crate) fn state(channel: Channel, message: ServerMessage) -> Envelope {
    Envelope {
        channel: Some(channel),
        epoch: Some(EPOCH.to_owned()),
        seq: Some(417),
        as_of: Some(AT.to_owned()),
        max_age_ms: Some(35_000),
        ..Envelope::of(message, AT.to_owned())
    }
}

pub(crate) fn entry(channels: [Channel; 2], message: ServerMessage) -> Envelope {
    let id = if let ServerMessage::Notification(notice) = &message { Some(notice.id.clone()) } else { None };
    Envelope {
        channel: Some(channels[0]),
        epoch: Some(EPOCH.to_owned()),
        seq: Some(417),
        prev: Some(BTreeMap::from([(channels[0], 410), (channels[1], 412)])),
        id,
        ..Envelope::of(message, AT.to_owned())
    }
}

pub(crate) fn dslr(last_upload: Option<String>) -> DslrStatus {
    DslrStatus {
        is_connected: true,
        is_processing: true,
        total_uploaded: 410,
        failed_uploads: 1,
        last_upload,
        watch_folder: "/photos/hot".to_owned(),
        event_id: "ayu-bima".to_owned(),
        uploader_name: "Sari".to_owned(),
        queue_size: 2,
        upload_speed: 38.2,
        service_running: true,
        last_heartbeat: AT.to_owned(),
        camera_model: "NIKON Z 9".to_owned(),
        auto_detect: true,
        backup_enabled: true,
        notifications_enabled: true,
        watermark_enabled: false,
    }
}

pub(crate) fn run(status: &str) -> BackupRun {
    let failed = status == "failed";
    BackupRun {
        backup_id: "b-1".to_owned(),
        event_id: "ayu-bima".to_owned(),
        status: status.to_owned(),
        start_time: EARLIER.to_owned(),
        end_time: Some(AT.to_owned()),
        duration: Some(887),
        total_photos: 200,
        processed_photos: 200,
        successful_uploads: if failed { 199 } else { 200 },
        failed_uploads: u64::from(failed),
        error: failed.then(|| "one photo's source is gone".to_owned()),
        destination: "shelf".to_owned(),
        kind: RunKind::Copy,
        asked_by: AskedBy::Operator,
        phase: if failed { BackupPhase::Failed } else { BackupPhase::Completed },
        reason: None,
        remedy: failed.then(|| "kilat backup retry b-1".to_owned()),
        total_bytes: 2_000_000_000,
        processed_bytes: 2_000_000_000,
        bytes_per_second: None,
        eta_ms: None,
        was_there: 17,
        free_bytes: Some(512_000_000_000),
        current_files: Vec::new(),
        failures: failures(failed),
        as_of: AT.to_owned(),
    }
}

/// One that goes, or one that brought all but one.
pub(crate) fn restore(phase: RestorePhase) -> RestoreRun {
    let is_over = phase == RestorePhase::Incomplete;
    let failure = RestoreFailure {
        name: "NIKON Z 9/DSC_0412.NEF".to_owned(),
        message: "its bytes are not those that were listed at shelf".to_owned(),
    };
    RestoreRun {
        restore_id: "r-1".to_owned(),
        event_id: "ayu-bima".to_owned(),
        from: "shelf".to_owned(),
        names: None,
        folder: Some("/srv/kilat/photos/restored/ayu-bima-2026-11-21".to_owned()),
        phase,
        start_time: EARLIER.to_owned(),
        end_time: is_over.then(|| AT.to_owned()),
        total_photos: 200,
        total_bytes: 2_000_000_000,
        restored_photos: Some(if is_over { 182 } else { 66 }),
        was_there: Some(17),
        failed_photos: Some(u64::from(is_over)),
        processed_bytes: if is_over { 2_000_000_000 } else { 830_000_000 },
        bytes_per_second: (!is_over).then_some(120_000_000),
        eta_ms: (!is_over).then_some(9_750),
        failures: if is_over { vec![failure] } else { Vec::new() },
        error: is_over.then(|| "shelf does not have 1 photo as it was".to_owned()),
        remedy: is_over.then(|| "restore it from another destination into the same folder".to_owned()),
        warnings: Vec::new(),
        as_of: AT.to_owned(),
    }
}

fn failures(failed: bool) -> Vec<BackupFailure> {
    let failure = BackupFailure {
        photo_id: PHOTO.to_owned(),
        name: "DSC_0412.NEF".to_owned(),
        message: "DSC_0412.NEF: it was removed before it was copied".to_owned(),
    };
    if failed { vec![failure] } else { Vec::new() }
}

fn progress(status: UploadStatus) -> UploadProgress {
    UploadProgress {
        status,
        file_name: "DSC_0412.JPG".to_owned(),
        timestamp: AT.to_owned(),
        file_size: Some(8_388_608),
        progress: None,
        total: Some(8_388_608),
        photo_url: None,
        error: None,
        photo_id: None,
        destination: None,
    }
}

pub(crate) fn completed() -> UploadProgress {
    UploadProgress {
        progress: Some(100.0),
        photo_url: Some(preview()),
        photo_id: Some(PHOTO.to_owned()),
        destination: Some("backup".to_owned()),
        ..progress(UploadStatus::Completed)
    }
}

fn preview() -> String {
    format!("/api/photos/{PHOTO}/preview")
}

pub(crate) fn notice() -> Notification {
    Notification {
        id: "milestone-ayu-bima-400".to_owned(),
        r#type: NoticeKind::EventMilestone,
        title: "400 photos".to_owned(),
        message: "400 photos of Ayu & Bima are safe".to_owned(),
        priority: Priority::Low,
        data: BTreeMap::from([("photos".to_owned(), "400".to_owned())]),
        texts: Lang::ALL.map(|lang| (lang, NoticeText { title: lang.to_string(), message: lang.to_string() })).into(),
        about: None,
        state: NoticeState::Told,
        count: 1,
        samples: Vec::new(),
        updated_at: AT.to_owned(),
        resolved_at: None,
        acknowledged_at: None,
        acknowledged_by: None,
        escalations: 0,
        show_toast: false,
        persistent: false,
        timestamp: AT.to_owned(),
    }
}

/// Twelve losses folded into one, told again, seen, and over.
pub(crate) fn folded_notice() -> Notification {
    Notification {
        id: "copy-0412-disk-77".to_owned(),
        r#type: NoticeKind::UploadFailed,
        priority: Priority::High,
        about: Some("copies:disk".to_owned()),
        state: NoticeState::Resolved,
        count: 12,
        samples: vec!["DSC_0412.JPG".to_owned(), "DSC_0413.JPG".to_owned()],
        resolved_at: Some(AT.to_owned()),
        acknowledged_at: Some(AT.to_owned()),
        acknowledged_by: Some("dewi".to_owned()),
        escalations: 1,
        ..notice()
    }
}

pub(crate) fn photo() -> PhotoView {
    PhotoView {
        id: PHOTO.to_owned(),
        name: "DSC_0412.JPG".to_owned(),
        kind: PhotoKind::Jpeg,
        size_bytes: 8_388_608,
        taken_at: Some("2026-11-21T16:03:58.41".to_owned()),
        filed_at: EARLIER.to_owned(),
        photo_url: preview(),
        state: PhotoState::Copying,
        progress: Some(37.5),
    }
}

pub(crate) fn now() -> Now {
    let camera = kilat_core::Camera {
        make: "NIKON CORPORATION".to_owned(),
        model: "NIKON Z 9".to_owned(),
        serial: Some("6001234".to_owned()),
    };
    Now {
        server_time: AT.to_owned(),
        started_at: "2026-11-21T07:00:00.000Z".to_owned(),
        version: "0.1.0".to_owned(),
        demo: false,
        event: Some(EventView {
            id: "ayu-bima".to_owned(),
            name: "Ayu & Bima".to_owned(),
            date: "2026-11-21".to_owned(),
            status: kilat_core::EventStatus::Active,
        }),
        counts: Counts { shot: None, held: 412, stored: 410, safe: 410, waiting: 2, failed: 0, incomplete: 1 },
        last_photo_at: Some(EARLIER.to_owned()),
        paused: false,
        ceremony_until: Some("2026-11-21T10:30:00.000Z".to_owned()),
        sources: vec![SourceView {
            id: "hot".to_owned(),
            kind: "hot_folder".to_owned(),
            path: "/photos/hot".to_owned(),
            online: true,
            since: EARLIER.to_owned(),
            reason: None,
            last_arrival_at: Some(EARLIER.to_owned()),
            held: None,
        }],
        cameras: vec![CameraView { camera, held: 412, last_at: EARLIER.to_owned() }],
        destinations: vec![DestinationView {
            id: "backup".to_owned(),
            path: "/media/backup".to_owned(),
            kind: kilat_core::DestinationKind::Upload,
            up: false,
            since: AT.to_owned(),
            reason: Some("it is full: make room there".to_owned()),
            stored: 410,
            waiting: 2,
            free_bytes: Some(0),
            total_bytes: Some(1_000_000_000_000),
            speed_bytes_per_second: None,
        }],
        links: Links {
            source: Link { state: LinkState::Up, since: Some(EARLIER.to_owned()), what: None },
            camera: Link { state: LinkState::Unknown, since: None, what: Some("a hot folder cannot tell".to_owned()) },
            storage: Link {
                state: LinkState::Down,
                since: Some(AT.to_owned()),
                what: Some("it is full: make room there".to_owned()),
            },
        },
        newest: vec![photo()],
        problems: vec![Problem {
            id: "destination-backup".to_owned(),
            kind: ProblemKind::DestinationDown,
            what: "backup".to_owned(),
            message: "it is full: make room there".to_owned(),
            since: AT.to_owned(),
            action: None,
        }],
        as_of: AT.to_owned(),
        max_age_ms: 35_000,
    }
}
