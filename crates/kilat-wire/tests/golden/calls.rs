//! One body and one answer of each call.

use kilat_core::{
    AlarmKind, Camera, ClockState, CommitTimes, Cpu, DestinationKind, Disk, EventStatus, Gauge, Interface, Lang,
    Medium, Memory, NamedBy, NoticeKind, Priority, Process, ReadBack, Role, RunKind, Span, Temperature, Thresholds,
    TokenKind, Way,
};
use kilat_wire::{
    AckAnswer, Apology, BackupAnswer, BackupList, BackupListAnswer, BackupRun, BackupSummary, BackupsForgotten,
    BackupsStarted, CameraClock, CameraDetail, CameraFormat, CameraFormatVerdict, CameraFormatWhat, CameraFormatWhy,
    CameraList, CameraReceipt, CameraRow, CameraRowKind, CameraRowState, CameraShotBy, CameraStored, CameraTold,
    CapabilityView, CeremonyAnswer, ChangePassword, Channel, ChannelPage, ClientList, ClientTrace, ClientView,
    ControlAnswer, ControlRequest, ControlState, CopyView, CreateCamera, CreateDestination, CreateEvent, CreateLink,
    CreateTarget, CreateToken, CreateUser, DestinationRow, DestinationTested, Done, DslrAnswer, DslrRequest,
    EventBackups, EventRow, FtpMenu, FtpTls, Health, Heard, HistoryPoint, IntakeAnswer, IntakeState, LinkAnswer,
    MachineAlert, MachineAlerts, MachineHistory, MachineMetrics, MachineStats, MonitoringAnswer, MonitoringView,
    NewCameraAnswer, NewTargetAnswer, NewTokenAnswer, NoticeList, OneOrAll, PageHead, PhotoDetail, PhotoList,
    PhotoReceipt, PushDeviceRow, PushKey, PushKeys, PushSubscribed, RestoreAnswer, RestoreListAnswer, RestorePhase,
    RestorePlan, RestorePlanAnswer, RetryAnswer, RetryRestore, SafetyAnswer, SafetyMissing, SafetyPlace,
    SafetyRuleView, SafetyTally, SafetyView, ScrubAnswer, ScrubView, SenderRow, ServerMessage, SessionAnswer,
    SetCeremony, SetSystemSettings, SetThresholds, SettingsPatch, SignIn, StartBackup, StartRestore, StartScrub,
    SubscribePush, SystemSettingsAnswer, TargetKind, TargetRow, TargetTested, TellingState, TellingView, TicketAnswer,
    TokenRow, UserRow,
};

use crate::Golden;
use crate::messages::{
    AT, EARLIER, EPOCH, PHOTO, completed, dslr, entry, folded_notice, machine, notice, now, photo, restore, run, state,
    subscribed,
};

pub(crate) fn add(all: &mut Golden) {
    health(all);
    work(all);
    photos(all);
    intake(all);
    cameras(all);
    monitoring(all);
    wire(all);
    access(all);
    crate::add(
        all,
        "refusal-not_found",
        &Apology {
            success: false,
            code: "not_found".to_owned(),
            error: "there is no photo \"01KB\"".to_owned(),
            remedy: "look at the list for what there is".to_owned(),
        },
    );
}

fn health(all: &mut Golden) {
    let health = |status: &str, checks: &[(&str, &str)]| Health {
        status: status.to_owned(),
        checks: checks.iter().map(|(part, check)| ((*part).to_owned(), (*check).to_owned())).collect(),
        version: "0.1.0".to_owned(),
        uptime_seconds: 7_445,
        clients: 3,
        pid: 4_711,
    };
    crate::add(all, "http-getLiveness", &health("ok", &[]));
    let checks = [("journal", "ok"), ("destination backup", "it is full: make room there")];
    crate::add(all, "http-getReadiness-degraded", &health("degraded", &checks));
}

fn work(all: &mut Golden) {
    crate::add(all, "http-getNow", &now());
    crate::add(all, "http-getDslrStatus", &DslrAnswer { success: true, status: dslr(None) });
    let settings = SettingsPatch { uploader_name: Some("Sari".to_owned()), ..SettingsPatch::default() };
    crate::add(all, "body-changeDslr", &DslrRequest { action: "update_settings".to_owned(), settings: Some(settings) });
    crate::add(all, "http-changeDslr", &DslrAnswer { success: true, status: dslr(None) });
    let control = ControlAnswer {
        success: true,
        message: "copying".to_owned(),
        state: ControlState {
            is_running: true,
            start_time: Some(EARLIER.to_owned()),
            process_id: Some(4_711),
            last_command: Some("restart".to_owned()),
        },
    };
    crate::add(all, "http-getControl", &control);
    crate::add(all, "body-control", &ControlRequest { action: "restart".to_owned() });
    crate::add(all, "http-control", &control);
    crate::add(all, "http-retryUploads", &RetryAnswer { success: true, message: "tried once more".to_owned() });
    let notices = NoticeList { notifications: vec![folded_notice(), notice()], open: 3, next: Some(41) };
    crate::add(all, "http-listNotifications", &notices);
    crate::add(all, "http-acknowledge", &AckAnswer { success: true, acknowledged: 1 });
    crate::add(all, "http-acknowledgeAll", &AckAnswer { success: true, acknowledged: 3 });
    let row = |status| EventRow {
        id: "ayu-bima".to_owned(),
        name: "Ayu & Bima".to_owned(),
        date: "2026-11-21".to_owned(),
        status,
    };
    crate::add(all, "http-listEvents", &vec![row(EventStatus::Active)]);
    let event = CreateEvent { name: "Ayu & Bima".to_owned(), date: Some("2026-11-21".to_owned()), use_now: true };
    crate::add(all, "body-createEvent", &event);
    crate::add(all, "http-createEvent", &row(EventStatus::Open));
    crate::add(all, "http-useEvent", &row(EventStatus::Active));
    crate::add(all, "http-closeEvent", &row(EventStatus::Closed));
    let summary = BackupSummary {
        total_backups: 2,
        active_backups: 0,
        completed_backups: 1,
        failed_backups: 1,
        total_photos_backed_up: 399,
        total_photos_failed: 1,
    };
    let runs = vec![run("completed"), run("failed")];
    let data = BackupList { summary, recent_backups: runs.clone(), all_backups: runs };
    crate::add(all, "http-listBackups", &BackupListAnswer { success: true, data });
    let message = "no record of a run that ended more than 7 days ago is kept".to_owned();
    crate::add(all, "http-forgetBackups", &BackupsForgotten { success: true, message });
    backups(all);
    destinations(all);
    targets(all);
    devices(all);
}

fn destinations(all: &mut Golden) {
    let row = DestinationRow {
        id: "cloud".to_owned(),
        url: "s3://studio/kilat?endpoint=https://s3.example".to_owned(),
        kind: DestinationKind::Backup,
        medium: Medium::S3,
        off_site: true,
        named_by: NamedBy::Operator,
        up: false,
        since: AT.to_owned(),
        reason: Some("the network is down".to_owned()),
    };
    let secrets = [("access_key_id", "studio"), ("secret_access_key", "a secret")];
    let request = CreateDestination {
        name: row.id.clone(),
        url: row.url.clone(),
        kind: DestinationKind::Backup,
        off_site: true,
        secrets: secrets.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        untested: false,
    };
    crate::add(all, "body-createDestination", &request);
    crate::add(all, "http-createDestination", &row);
    crate::add(all, "http-listDestinations", &vec![row]);
    crate::add(all, "http-removeDestination", &Done { success: true });
    let found = |name: &str, found| CapabilityView { name: name.to_owned(), found };
    let tested = DestinationTested {
        success: true,
        id: "cloud".to_owned(),
        took_ms: 42,
        free_bytes: Some(412_000_000_000),
        capabilities: vec![found("conditional_put", Some(true)), found("resume", None)],
    };
    crate::add(all, "http-testDestination", &tested);
}

fn targets(all: &mut Golden) {
    let telling = TellingView {
        state: TellingState::Failing,
        error: Some("it answered 401: not allowed".to_owned()),
        remedy: Some("check the secret, and who may write there".to_owned()),
        attempts: 4,
        told: 17,
        given_up: 0,
        waiting: 2,
        last_success_at: Some(AT.to_owned()),
        last_error_at: Some(AT.to_owned()),
    };
    let row = TargetRow {
        name: "owner-phone".to_owned(),
        kind: TargetKind::Ntfy,
        url: Some("https://ntfy.example/{secret}".to_owned()),
        chat: None,
        every_seconds: None,
        named_by: NamedBy::Operator,
        at_least: Priority::High,
        types: vec![NoticeKind::StorageWarning, NoticeKind::BackupFailed],
        lang: Lang::Id,
        escalations: true,
        ends: true,
        telling,
    };
    let request = CreateTarget {
        name: row.name.clone(),
        kind: row.kind,
        url: row.url.clone(),
        chat: None,
        body: None,
        content_type: None,
        every_seconds: None,
        at_least: Some(row.at_least),
        types: row.types.clone(),
        lang: row.lang,
        escalations: Some(true),
        ends: Some(true),
        secrets: [("url_secret".to_owned(), "a secret".to_owned())].into(),
        untested: false,
    };
    crate::add(all, "body-createTarget", &request);
    let answer = NewTargetAnswer {
        signing_key: Some("whsec_bWFkZSBub3csIHRvbGQgdGhpcyBvbmUgdGltZSE=".to_owned()),
        row: TargetRow { kind: TargetKind::Webhook, ..row.clone() },
    };
    crate::add(all, "http-createTarget", &answer);
    let beat = TargetRow {
        name: "watch".to_owned(),
        kind: TargetKind::Heartbeat,
        url: Some("https://watch.example/{secret}".to_owned()),
        every_seconds: Some(60),
        named_by: NamedBy::Settings,
        types: Vec::new(),
        telling: TellingView {
            state: TellingState::Ok,
            error: None,
            remedy: None,
            attempts: 0,
            waiting: 0,
            last_error_at: None,
            ..row.telling.clone()
        },
        ..row.clone()
    };
    crate::add(all, "http-listTargets", &vec![row, beat]);
    crate::add(all, "http-removeTarget", &Done { success: true });
    let tested = TargetTested { success: true, name: "owner-phone".to_owned(), took_ms: 84 };
    crate::add(all, "http-testTarget", &tested);
}

fn devices(all: &mut Golden) {
    let public_key = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
    crate::add(all, "http-getPushKey", &PushKey { public_key: public_key.to_owned() });
    let request = SubscribePush {
        endpoint: "https://push.example/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV".to_owned(),
        keys: PushKeys { p256dh: public_key.to_owned(), auth: "BTBZMqHH6r4Tts7J_aSIgg".to_owned() },
        lang: Lang::Id,
        at_least: Some(Priority::High),
    };
    crate::add(all, "body-subscribePush", &request);
    crate::add(all, "http-subscribePush", &PushSubscribed { success: true, id: "0f3c9ab1d2e45f67".to_owned() });
    let row = PushDeviceRow {
        id: "0f3c9ab1d2e45f67".to_owned(),
        service: "push.example".to_owned(),
        by: "dewi".to_owned(),
        since: AT.to_owned(),
        lang: Lang::Id,
        at_least: Priority::High,
        telling: TellingView {
            state: TellingState::Idle,
            error: None,
            remedy: None,
            attempts: 0,
            told: 0,
            given_up: 0,
            waiting: 0,
            last_success_at: None,
            last_error_at: None,
        },
    };
    crate::add(all, "http-listPushDevices", &vec![row]);
    crate::add(all, "http-unsubscribePush", &Done { success: true });
    let tested = TargetTested { success: true, name: "push-0f3c9ab1d2e45f67".to_owned(), took_ms: 84 };
    crate::add(all, "http-testPushDevice", &tested);
}

fn restores(all: &mut Golden) {
    let done =
        |phase, message: &str| RestoreAnswer { success: true, message: message.to_owned(), data: restore(phase) };
    let asked = StartRestore {
        from: Some("shelf".to_owned()),
        run: None,
        photos: Some(vec!["DSC_0412.NEF".to_owned()]),
        folder: Some("/srv/back".to_owned()),
    };
    crate::add(all, "body-planRestore", &asked);
    let run = Some("01kb3vc0q7d2m4".to_owned());
    crate::add(all, "body-startRestore", &StartRestore { run, ..StartRestore::default() });
    let plan = RestorePlan {
        event_id: "ayu-bima".to_owned(),
        from: "shelf".to_owned(),
        folder: "/srv/back".to_owned(),
        photos: 1,
        bytes: 33_554_432,
        missing_photos: 0,
        needed_bytes: 33_554_432,
        free_bytes: 512_000_000_000,
    };
    crate::add(all, "http-planRestore", &RestorePlanAnswer { success: true, data: plan });
    crate::add(all, "http-startRestore", &done(RestorePhase::Copying, "200 photos of Ayu & Bima come back from shelf"));
    let data = vec![restore(RestorePhase::Incomplete)];
    crate::add(all, "http-listRestores", &RestoreListAnswer { success: true, data });
    crate::add(all, "http-getRestore", &done(RestorePhase::Incomplete, "it ended"));
    crate::add(all, "http-cancelRestore", &done(RestorePhase::Incomplete, "it has ended already"));
    crate::add(all, "body-retryRestore", &RetryRestore { from: Some("cloud".to_owned()) });
    crate::add(all, "http-retryRestore", &done(RestorePhase::Copying, "it goes again"));
}

fn backups(all: &mut Golden) {
    let done = |data: BackupRun, message: &str| BackupAnswer { success: true, message: message.to_owned(), data };
    let destinations = Some(vec!["shelf".to_owned(), "cloud".to_owned()]);
    crate::add(all, "body-startBackup", &StartBackup { destinations, kind: Some(RunKind::Copy) });
    let runs = vec![run("completed"), run("failed")];
    let message = "2 backups of Ayu & Bima were asked for".to_owned();
    let started = BackupsStarted { success: true, message, data: runs[0].clone(), runs: runs.clone() };
    crate::add(all, "http-startBackup", &started);
    crate::add(all, "http-listEventBackups", &EventBackups { success: true, data: OneOrAll::All(runs) });
    let one = OneOrAll::One(Box::new(run("failed")));
    crate::add(all, "http-listEventBackups-one", &EventBackups { success: true, data: one });
    crate::add(all, "http-pauseBackup", &done(run("failed"), "it ended already"));
    crate::add(all, "http-resumeBackup", &done(run("failed"), "it ended already"));
    crate::add(all, "http-cancelBackup", &done(run("failed"), "it ended already"));
    crate::add(all, "http-retryBackup", &done(run("completed"), "nothing is missing"));
    restores(all);
    let place = |id: &str, medium, off_site, volume: &str, photos| SafetyPlace {
        id: id.to_owned(),
        medium,
        off_site,
        volume: volume.to_owned(),
        photos,
    };
    let safety = SafetyView {
        event_id: "ayu-bima".to_owned(),
        event_name: "Ayu & Bima".to_owned(),
        safe_to_format: false,
        verdict: "NOT safe to format the card: 1 of 200 photos has too few copies".to_owned(),
        rule: SafetyRuleView { copies: 3, media: 2, off_site: 1 },
        photos: 200,
        safe_photos: 199,
        unfiled: 0,
        tally: vec![
            SafetyTally { copies: 1, media: 1, off_site: 0, photos: 1 },
            SafetyTally { copies: 3, media: 2, off_site: 1, photos: 199 },
        ],
        places: vec![
            place("shelf", Medium::Disk, false, "disk 3f2a", 200),
            place("cloud", Medium::S3, true, "cloud", 199),
        ],
        missing: vec![SafetyMissing {
            photo_id: PHOTO.to_owned(),
            name: "DSC_0412.NEF".to_owned(),
            copies_at: vec!["shelf".to_owned()],
        }],
    };
    crate::add(all, "http-getSafety", &SafetyAnswer { success: true, data: safety });
    let scrub = ScrubView {
        destination: "shelf".to_owned(),
        running: false,
        began_at: Some(EARLIER.to_owned()),
        ended_at: Some(AT.to_owned()),
        sound: 199,
        missing: 0,
        damaged: 1,
        mended: 1,
        flaws: vec!["2026-11-21 Wedding: the chain file ascmhl/ascmhl_chain.xml is missing".to_owned()],
        waits: Some("the disk is not there: plug it in".to_owned()),
    };
    let answer = ScrubAnswer { success: true, data: vec![scrub] };
    crate::add(all, "http-getScrub", &answer);
    crate::add(all, "body-startScrub", &StartScrub { destination: Some("shelf".to_owned()) });
    crate::add(all, "http-startScrub", &answer);
    let ceremony = CeremonyAnswer {
        success: true,
        until: Some(AT.to_owned()),
        limit_bytes_per_second: Some(250_000),
        ceremony_bytes_per_second: 250_000,
    };
    crate::add(all, "http-setCeremony", &ceremony);
    crate::add(all, "http-importCard", &Done { success: true });
    crate::add(all, "body-setCeremony", &SetCeremony { minutes: 90 });
    let none = CeremonyAnswer { until: None, limit_bytes_per_second: None, ..ceremony };
    crate::add(all, "http-getCeremony", &none);
}

fn monitoring(all: &mut Golden) {
    let mut add = |name: &str, view| {
        let answer = MonitoringAnswer { success: true, timestamp: AT.to_owned(), view };
        crate::add(all, &format!("http-getMonitoring-{name}"), &answer);
    };
    add("overview", MonitoringView::Overview(machine()));
    add("metrics", MonitoringView::Metrics(Box::new(metrics())));
    add("unmeasured", MonitoringView::Metrics(Box::default()));
    let full = "/media/ssd: 93 % in use, beyond 90 %. Free some room there, or name another disk.";
    let checks = [("journal", "ok"), ("cpu", "ok"), ("storage", full)];
    let health = Health {
        status: "degraded".to_owned(),
        checks: checks.into_iter().map(|(part, check)| (part.to_owned(), check.to_owned())).collect(),
        version: "0.1.0".to_owned(),
        uptime_seconds: 7_445,
        clients: 3,
        pid: 4_711,
    };
    add("health", MonitoringView::Health(health));
    let alert = MachineAlert {
        kind: AlarmKind::Storage,
        place: Some("/media/ssd".to_owned()),
        since: EARLIER.to_owned(),
        value: Some(93.0),
        limit: 90.0,
        message: full.to_owned(),
    };
    add("alerts", MonitoringView::Alerts(MachineAlerts { active: vec![alert], thresholds: Thresholds::default() }));
    let spans: std::collections::BTreeMap<Gauge, Span> =
        [(Gauge::Cpu, Span { min: 1.5, avg: 12.5, max: 90.0, count: 60 })].into_iter().collect();
    let stats = MachineStats { recent: spans.clone(), day: spans.clone(), week: spans.clone() };
    add("stats", MonitoringView::Stats(stats));
    let points = vec![HistoryPoint { at: EARLIER.to_owned(), values: spans }];
    add("history", MonitoringView::History(MachineHistory { minutes: 60, step_seconds: 60, points }));
    let settings = SystemSettingsAnswer {
        success: true,
        use_realtime: true,
        polling_interval: 120_000,
        alert_thresholds: Thresholds { cpu: 90, memory: 90, storage: 80 },
        enable_notifications: true,
    };
    crate::add(all, "http-getSystemSettings", &settings);
    crate::add(all, "http-setSystemSettings", &settings);
    let thresholds = SetThresholds { storage: Some(80), ..SetThresholds::default() };
    let patch = SetSystemSettings {
        use_realtime: Some(true),
        polling_interval: Some(120_000),
        alert_thresholds: Some(thresholds),
        enable_notifications: Some(true),
    };
    crate::add(all, "body-setSystemSettings", &patch);
}

fn metrics() -> MachineMetrics {
    MachineMetrics {
        measured_at: Some(EARLIER.to_owned()),
        cpu: Some(Cpu { usage: Some(12.5), per_core: vec![20.0, 5.0], cores: Some(2), load: Some([0.5, 0.25, 0.125]) }),
        memory: Some(Memory {
            usage: 50.0,
            used_bytes: 8_000_000_000,
            total_bytes: 16_000_000_000,
            is_limited: false,
            swap_used_bytes: Some(0),
            swap_total_bytes: Some(2_000_000_000),
        }),
        storage: vec![Disk {
            mount: "/media/ssd".to_owned(),
            device: Some("sda1".to_owned()),
            file_system: Some("ext4".to_owned()),
            used_for: vec!["data folder".to_owned()],
            usage: Some(93.0),
            used_bytes: Some(930_000_000_000),
            free_bytes: Some(70_000_000_000),
            total_bytes: Some(1_000_000_000_000),
            read_bytes_per_second: None,
            written_bytes_per_second: Some(30_000_000.0),
            busy: Some(25.0),
            hours_until_full: Some(1.5),
        }],
        network: vec![Interface {
            name: "eth0".to_owned(),
            is_outward: true,
            received_bytes_per_second: Some(1_000_000.0),
            sent_bytes_per_second: Some(2_000.0),
            errors: 0,
            dropped: 7,
        }],
        temperatures: vec![Temperature { name: "coretemp Package id 0".to_owned(), celsius: 61.5 }],
        process: Some(Process {
            cpu: Some(2.5),
            memory_bytes: Some(60_000_000),
            threads: Some(9),
            open_files: Some(40),
            open_files_limit: Some(1_024),
            uptime_seconds: 7_445,
        }),
        journal: Some(CommitTimes { commits: 12, p50_ms: 2.0, p99_ms: 5.5, max_ms: 6.25 }),
        clock: Some(ClockState { is_synchronized: Some(true), error_ms: Some(1.5), jumps: 0, last_jump_ms: None }),
    }
}

fn intake(all: &mut Golden) {
    let hash = "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85".to_owned();
    let (photo, state) = (Some(PHOTO.to_owned()), IntakeState::Filed);
    let filed = IntakeAnswer { success: true, state, photo, is_new: true, hash };
    let held = IntakeAnswer { is_new: false, ..filed.clone() };
    let waiting = IntakeAnswer { state: IntakeState::Held, photo: None, ..filed.clone() };
    let aside = IntakeAnswer { state: IntakeState::Aside, ..waiting.clone() };
    crate::add(all, "http-putPhoto", &filed);
    crate::add(all, "http-putPhoto-held", &waiting);
    crate::add(all, "http-putPhoto-aside", &aside);
    crate::add(all, "http-postPhoto", &held);
    crate::add(all, "http-findPhoto", &held);
}

fn photos(all: &mut Golden) {
    crate::add(all, "http-listPhotos", &PhotoList { photos: vec![photo()], next: Some(PHOTO.to_owned()) });
    let copy = |destination: &str, state: &str| CopyView {
        destination: destination.to_owned(),
        state: state.to_owned(),
        key: None,
        at: None,
        read_back: None,
        message: None,
    };
    let stored = CopyView {
        key: Some("ayu-bima/DSC_0412.JPG".to_owned()),
        at: Some(AT.to_owned()),
        read_back: Some(ReadBack::Device),
        ..copy("backup", "stored")
    };
    let pending = CopyView { message: Some("the destination is full".to_owned()), ..copy("second", "pending") };
    crate::add(
        all,
        "http-getPhoto",
        &PhotoDetail {
            photo: photo(),
            hash: "d74981efa70a0c880b8d8c1985d075dbcbf679b99a5f9914e5aaf96b831a9e24".to_owned(),
            camera: Some(Camera { make: "NIKON CORPORATION".to_owned(), model: "NIKON Z 9".to_owned(), serial: None }),
            source: "hot".to_owned(),
            source_path: "100NCZ_9/DSC_0412.JPG".to_owned(),
            copies: vec![stored, pending],
            receipts: vec![PhotoReceipt {
                way: Some(Way::Cable),
                camera_id: Some("nikon-z-9".to_owned()),
                camera_name: Some("NIKON Z 9".to_owned()),
                source: "intake".to_owned(),
                path: "nikon-z-9/cable/2026-11-21/DSC_0412.JPG".to_owned(),
                at: AT.to_owned(),
            }],
        },
    );
}

fn cameras(all: &mut Golden) {
    let camera = CameraRow {
        id: "nikon-z-9".to_owned(),
        name: "NIKON Z 9".to_owned(),
        kind: CameraRowKind::Tethered,
        way: Some(Way::Cable),
        state: CameraRowState::Ready,
        held_by: None,
        message: None,
        since: Some(EARLIER.to_owned()),
        body: Some(Camera {
            make: "NIKON CORPORATION".to_owned(),
            model: "NIKON Z 9".to_owned(),
            serial: Some("3004711".to_owned()),
        }),
        place: Some("USB 1-2".to_owned()),
        reading: Some(CameraTold {
            battery_percent: Some(62),
            shots_left: Some(812),
            free_bytes: Some(48_000_000_000),
            capacity_bytes: Some(64_000_000_000),
            lens: Some("NIKKOR Z 24-70mm f/2.8 S".to_owned()),
            exposure: Some("1/250 s, f/2.8, ISO 800".to_owned()),
            at: AT.to_owned(),
        }),
        last_photo_at: Some(AT.to_owned()),
        shot: Some(415),
        shot_by: Some(CameraShotBy::List),
        held: 412,
        stored: 410,
        safe: 395,
        stored_at: vec![CameraStored { destination: "shelf".to_owned(), photos: 410 }],
        missing: 3,
        lost: 1,
        cut_off: 0,
        safe_to_format: CameraFormat {
            verdict: CameraFormatVerdict::NotYet,
            reason: "do not format: 2 frames of this card are not held: DSC_0413.NEF, DSC_0414.NEF; it is not connected: what was shot since is on this card alone".to_owned(),
            why: vec![
                CameraFormatWhy {
                    what: CameraFormatWhat::NotHeld,
                    count: Some(2),
                    names: vec!["DSC_0413.NEF".to_owned(), "DSC_0414.NEF".to_owned()],
                },
                CameraFormatWhy { what: CameraFormatWhat::NotSeen, count: None, names: Vec::new() },
            ],
        },
        clock: Some(CameraClock {
            skew_ms: -192_000,
            text: "3 min 12 s behind".to_owned(),
            since: EARLIER.to_owned(),
        }),
        offer: None,
    };
    let list =
        CameraList { event_id: Some("ayu-bima".to_owned()), cameras: vec![camera.clone()], as_of: AT.to_owned() };
    crate::add(all, "http-listCameras", &list);
    let detail = CameraDetail {
        camera,
        missing_names: ["DSC_0413.NEF", "DSC_0414.NEF", "DSC_0399.NEF"].map(str::to_owned).to_vec(),
        lost_names: vec!["DSC_0399.NEF".to_owned()],
        cut_off_names: Vec::new(),
        not_safe_names: vec!["DSC_0412.JPG".to_owned()],
        receipts: vec![CameraReceipt {
            photo_id: PHOTO.to_owned(),
            name: "DSC_0412.JPG".to_owned(),
            way: Way::Cable,
            at: AT.to_owned(),
            again: false,
        }],
    };
    crate::add(all, "http-getCamera", &detail);
}

fn wire(all: &mut Golden) {
    let subscribed = subscribed();
    let head = PageHead {
        channel: Channel::Upload,
        channels: vec![Channel::Upload, Channel::Dslr],
        epoch: EPOCH.to_owned(),
        seq: 417,
        recovered: subscribed.recovered,
        replayed: 1,
        skipped: None,
        more: false,
    };
    let states = state(Channel::Dslr, ServerMessage::DslrStatus(dslr(None)));
    let missed = entry([Channel::Upload, Channel::Dslr], ServerMessage::UploadProgress(completed()));
    let messages = vec![Heard::Known(Box::new(states)), Heard::Known(Box::new(missed))];
    crate::add(all, "http-getChannels", &ChannelPage { head: head.clone(), messages });
    let head = PageHead { channels: vec![Channel::Upload], replayed: 0, ..head };
    crate::add(all, "http-getChannel", &ChannelPage { head, messages: Vec::new() });
    let client = ClientView {
        client_id: "client-7".to_owned(),
        who: "owner's phone".to_owned(),
        role: Role::Viewer.to_string(),
        address: "192.168.1.20:51022".to_owned(),
        transport: "websocket".to_owned(),
        agent: Some("Mozilla/5.0".to_owned()),
        channels: vec![Channel::Dslr, Channel::System],
        connected_seconds: 61,
        last_heard_seconds: 4,
        behind: 12,
        queued: 3,
        blocked_seconds: Some(2),
        sent_messages: 4_711,
        sent_bytes: 1_884_400,
        skipped_states: 9,
        resyncs: 1,
    };
    crate::add(all, "http-listClients", &ClientList { clients: vec![client], viewers: 1, subscriptions: 2 });
    let lines = vec!["< {\"type\":\"heartbeat\"}".to_owned()];
    crate::add(all, "http-traceClient", &ClientTrace { client_id: "client-7".to_owned(), lines });
}

fn access(all: &mut Golden) {
    let session = SessionAnswer {
        success: true,
        name: "sari".to_owned(),
        role: Role::Operator,
        expires_at: Some("2026-12-21T09:04:05.007Z".to_owned()),
    };
    crate::add(all, "http-getSession", &session);
    crate::add(all, "body-signIn-code", &SignIn::Code { code: "CODE".to_owned() });
    let password = SignIn::Password { name: "sari".to_owned(), password: "PASSWORD".to_owned() };
    crate::add(all, "body-signIn-password", &password);
    crate::add(all, "http-signIn", &session);
    crate::add(all, "http-signOut", &Done { success: true });
    crate::add(all, "http-createTicket", &TicketAnswer { ticket: "TICKET".to_owned(), valid_ms: 30_000 });
    crate::add(all, "body-createLink", &CreateLink { role: Role::Viewer });
    let link = LinkAnswer { path: "/admin#in=CODE".to_owned(), role: Role::Viewer, uses: 5, valid_ms: 900_000 };
    crate::add(all, "http-createLink", &link);
    let row = TokenRow {
        id: "gate".to_owned(),
        kind: TokenKind::Program,
        name: "gate".to_owned(),
        role: Role::Agent,
        user: None,
        created_at: AT.to_owned(),
        expires_at: None,
        expired: false,
    };
    crate::add(all, "http-listTokens", &vec![row.clone()]);
    let token = CreateToken { role: Role::Agent, name: Some("gate".to_owned()), expires_at: None };
    crate::add(all, "body-createToken", &token);
    crate::add(all, "http-createToken", &NewTokenAnswer { token: "klt_TOKEN".to_owned(), row });
    crate::add(all, "http-revokeToken", &Done { success: true });
    let sender = SenderRow {
        user: "z9-of-budi".to_owned(),
        name: "Z9 of Budi".to_owned(),
        expires_at: Some(AT.to_owned()),
        expired: false,
        files: 412,
        last_file_at: Some(AT.to_owned()),
        cut_off: 1,
    };
    crate::add(all, "http-listSenders", &vec![sender.clone()]);
    let camera = CreateCamera { name: "Z9 of Budi".to_owned(), expires_at: Some(AT.to_owned()) };
    crate::add(all, "body-createSender", &camera);
    let ftp = FtpMenu {
        host: "192.168.1.10".to_owned(),
        port: 2121,
        tls: FtpTls::Explicit,
        passive_ports: "30100-30199".to_owned(),
        fingerprint: Some("AB:CD".to_owned()),
    };
    let answer = NewCameraAnswer {
        user: "z9-of-budi".to_owned(),
        password: "PASSWORD".to_owned(),
        camera: sender,
        ftp: Some(ftp),
    };
    crate::add(all, "http-createSender", &answer);
    crate::add(all, "http-removeSender", &Done { success: true });
    let user = UserRow { name: "sari".to_owned(), role: Role::Operator, created_at: AT.to_owned() };
    crate::add(all, "http-listUsers", &vec![user.clone()]);
    let name = "sari".to_owned();
    crate::add(all, "body-createUser", &CreateUser { name, role: Role::Operator, password: "PASSWORD".to_owned() });
    crate::add(all, "http-createUser", &user);
    crate::add(all, "http-removeUser", &Done { success: true });
    crate::add(all, "body-changePassword", &ChangePassword { password: "PASSWORD".to_owned() });
    crate::add(all, "http-changePassword", &Done { success: true });
}
