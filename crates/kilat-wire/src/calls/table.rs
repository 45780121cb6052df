//! The table of calls. A new call gets its entry here; `cargo contract` writes the rest.

use super::intake;
use super::{Answer, Body, Call, Parameter, Refused, Shape, Value, Verb, answer, header, ok, query, refused};
use crate::{
    AckAnswer, BackupAnswer, BackupListAnswer, BackupsForgotten, BackupsStarted, CameraDetail, CameraList,
    CardImportAnswer, CeremonyAnswer, ChangePassword, ChannelPage, ClientList, ClientTrace, ControlAnswer,
    ControlRequest, CreateCamera, CreateDestination, CreateEvent, CreateLink, CreateTarget, CreateToken, CreateUser,
    DestinationRow, DestinationTested, Done, DslrAnswer, DslrRequest, EventBackups, EventRow, Health, LinkAnswer,
    MONITORING_TYPES, MonitoringAnswer, NewCameraAnswer, NewTargetAnswer, NewTokenAnswer, NoticeList, Now, PhotoDetail,
    PhotoList, PushDeviceRow, PushKey, PushSubscribed, RestoreAnswer, RestoreListAnswer, RestorePlanAnswer,
    RetryAnswer, RetryRestore, SafetyAnswer, ScrubAnswer, SenderRow, SessionAnswer, SetCeremony, SetSystemSettings,
    SignIn, StartBackup, StartRestore, StartScrub, SubscribePush, SystemSettingsAnswer, TargetRow, TargetTested,
    TicketAnswer, TokenRow, UserRow,
};

const NOT_FOUND: Refused = refused(404, &["not_found"]);
const BAD_QUERY: Refused = refused(400, &["bad_query"]);
const EVENT: Answer = answer(200, "the event, as it is now", Body::Json(Shape::of::<EventRow>()));
const STARTED: Body = Body::Json(Shape::of::<BackupsStarted>());

const RESTORE: Body = Body::Json(Shape::of::<RestoreAnswer>());
const BAD_RESTORE: Refused = refused(400, &["bad_body", "bad_folder"]);
const NO_RESTORE: Refused = refused(409, &["nothing_there", "no_such_photos", "folder_refused"]);
const BEGIN_RESTORE: Refused = refused(409, &["nothing_there", "no_such_photos", "folder_refused", "restore_goes"]);
const FULL: Refused = refused(507, &["no_room"]);

/// Photos in one page.
const LIMIT: Parameter = query("limit", Value::Number(0, u64::MAX), "Rows of a page: 60, at least 1, at most 200.");

/// Where a channel goes on, how long to wait, what is known already.
const SINCE: Parameter = query("since", Value::Cursor, "What was seen: `epoch:seq` of the last answer.");
const WAIT: Parameter =
    query("wait", Value::Number(0, u64::MAX), "Seconds to wait for news, at most 25; with `since`.");
const LAST_EVENT: Parameter =
    header("last-event-id", Value::Cursor, "Of an event stream: the same as `since`, and before it.");
const KNOWN: Parameter = header("if-none-match", Value::Text, "The `etag` of the last answer.");
const PAGE: &[Answer] = &[
    answer(200, "states, then what was missed", Body::JsonOrEvents(Shape::of::<ChannelPage>())),
    answer(304, "nothing new since that `etag`", Body::Empty),
];
const NO_PLACE: Refused = refused(503, &["too_many_waiting", "too_many_viewers"]);
const BAD_CURSOR: Refused = refused(400, &["bad_query", "bad_cursor"]);
const NO_CHANNEL: Refused = refused(404, &["unknown_channel"]);

/// Every call of both ports, but the page's own files.
pub const CALLS: &[Call] = &[
    // The process and its parts.
    Call::new(Verb::Get, "/health", "getLiveness", "The process answers").open().answers(&[ok::<Health>()]),
    Call::new(Verb::Get, "/api/health", "getReadiness", "Each part is well, or what is wrong with it").answers(&[
        answer(200, "all parts are well", Body::Json(Shape::of::<Health>())),
        answer(503, "a part is not", Body::Json(Shape::of::<Health>())),
    ]),
    // States.
    Call::new(Verb::Get, "/api/now", "getNow", "Everything that the page shows, in one state").answers(&[ok::<Now>()]),
    Call::new(Verb::Get, "/api/dslr/status", "getDslrStatus", "State of ingest, as existing pages know it")
        .answers(&[ok::<DslrAnswer>()]),
    Call::new(Verb::Post, "/api/dslr/status", "changeDslr", "Pause, resume, or change settings")
        .takes(Shape::of::<DslrRequest>())
        .answers(&[ok::<DslrAnswer>()])
        .refuses(&[refused(400, &["bad_body", "unknown_action", "no_settings", "bad_settings"])]),
    Call::new(Verb::Get, "/api/dslr/control", "getControl", "Whether copying runs").answers(&[ok::<ControlAnswer>()]),
    Call::new(Verb::Post, "/api/dslr/control", "control", "Start, stop or restart copying")
        .takes(Shape::of::<ControlRequest>())
        .answers(&[ok::<ControlAnswer>()])
        .refuses(&[refused(400, &["bad_body", "unknown_action"])]),
    Call::new(Verb::Post, "/api/uploads/retry", "retryUploads", "Try again what was given up")
        .answers(&[ok::<RetryAnswer>()]),
    Call::new(Verb::Get, "/api/notifications", "listNotifications", "Notices, newest first")
        .with(&[
            query("state", Value::OneOf(&["all", "open"]), "`open`: only those whose cause lasts."),
            query("before", Value::Number(0, u64::MAX), "`next` of the page before."),
            query("limit", Value::Number(0, u64::MAX), "Rows of a page: 100, at least 1, at most 200."),
            query("lang", Value::OneOf(&["en", "id"]), "Language of `title` and `message`: English when absent."),
        ])
        .answers(&[ok::<NoticeList>()])
        .refuses(&[BAD_QUERY]),
    Call::new(Verb::Post, "/api/notifications/ack", "acknowledgeAll", "The caller has seen all that stand open")
        .answers(&[ok::<AckAnswer>()]),
    Call::new(Verb::Post, "/api/notifications/{id}/ack", "acknowledge", "The caller has seen it; told on every screen")
        .answers(&[ok::<AckAnswer>()])
        .refuses(&[NOT_FOUND]),
    // Photos.
    Call::new(Verb::Get, "/api/photos", "listPhotos", "A page of an event's photos, newest first")
        .with(&[
            query("event", Value::Text, "The event's id; the one in use when absent."),
            query("before", Value::Text, "`next` of the page before."),
            LIMIT,
        ])
        .answers(&[ok::<PhotoList>()])
        .refuses(&[BAD_QUERY, NOT_FOUND]),
    Call::new(Verb::Get, "/api/photos/{id}", "getPhoto", "A photo with its receipts")
        .answers(&[ok::<PhotoDetail>()])
        .refuses(&[NOT_FOUND]),
    Call::new(Verb::Get, "/api/photos/{id}/preview", "getPreview", "A photo as a JPEG")
        .with(&[query("size", Value::OneOf(&["small", "large"]), "At most 480 or 2,048 pixels; large when absent.")])
        .answers(&[answer(200, "the picture", Body::Bytes("image/jpeg"))])
        .refuses(&[
            refused(400, &["bad_query", "bad_size"]),
            refused(404, &["not_found", "no_preview"]),
            refused(503, &["preview_busy"]),
        ]),
    // Photos that are handed in.
    intake::PUT,
    intake::POST,
    intake::FIND,
    intake::BEGIN,
    intake::LOOK,
    intake::ADD,
    intake::REMOVE,
    // Cameras.
    Call::new(Verb::Get, "/api/cameras", "listCameras", "How each camera stands, and what became of what it shot")
        .answers(&[ok::<CameraList>()]),
    Call::new(Verb::Get, "/api/cameras/{id}", "getCamera", "A camera, with what is missing by name")
        .answers(&[ok::<CameraDetail>()])
        .refuses(&[NOT_FOUND]),
    Call::new(Verb::Get, "/api/cameras/{id}/coming", "getComing", "The small picture of a file that is on its way")
        .answers(&[answer(200, "the picture", Body::Bytes("image/jpeg"))])
        .refuses(&[NOT_FOUND]),
    // Events and backups.
    Call::new(Verb::Get, "/api/admin/events", "listEvents", "All events").answers(&[ok::<Vec<EventRow>>()]),
    Call::new(Verb::Post, "/api/admin/events", "createEvent", "A new event")
        .takes(Shape::of::<CreateEvent>())
        .answers(&[answer(201, "the new event", Body::Json(Shape::of::<EventRow>()))])
        .refuses(&[refused(400, &["bad_body", "bad_event"])]),
    Call::new(Verb::Post, "/api/admin/events/{id}/use", "useEvent", "New photos belong to it from now on")
        .answers(&[EVENT])
        .refuses(&[NOT_FOUND, refused(409, &["event_closed"])]),
    Call::new(Verb::Post, "/api/admin/events/{id}/close", "closeEvent", "It takes no new photos any more")
        .answers(&[EVENT])
        .refuses(&[NOT_FOUND]),
    Call::new(Verb::Get, "/api/admin/backup/status", "listBackups", "All backup runs")
        .answers(&[ok::<BackupListAnswer>()]),
    Call::new(Verb::Delete, "/api/admin/backup/status", "forgetBackups", "Forgets records of ended runs; never a file")
        .with(&[query("maxAge", Value::Number(0, 4_294_967_295), "Days that they are kept: 7 when absent.")])
        .answers(&[ok::<BackupsForgotten>()])
        .refuses(&[refused(400, &["bad_query", "bad_age"])]),
    Call::new(Verb::Get, "/api/admin/events/{id}/backup", "listEventBackups", "One run, or the event's runs")
        .with(&[query("backupId", Value::Text, "Only this run.")])
        .answers(&[ok::<EventBackups>()])
        .refuses(&[BAD_QUERY, NOT_FOUND]),
    Call::new(Verb::Post, "/api/admin/events/{id}/backup", "startBackup", "Brings the event to backup destinations")
        .takes(Shape::of::<StartBackup>())
        .answers(&[answer(202, "the runs; those that went already are not begun twice", STARTED)])
        .refuses(&[refused(400, &["bad_body"]), NOT_FOUND, refused(409, &["no_destination"])]),
    Call::new(Verb::Post, "/api/admin/backups/{id}/pause", "pauseBackup", "Stops a run for now")
        .answers(&[ok::<BackupAnswer>()])
        .refuses(&[NOT_FOUND]),
    Call::new(Verb::Post, "/api/admin/backups/{id}/resume", "resumeBackup", "Lets a run go on")
        .answers(&[ok::<BackupAnswer>()])
        .refuses(&[NOT_FOUND]),
    Call::new(Verb::Post, "/api/admin/backups/{id}/cancel", "cancelBackup", "Ends a run; whole copies stay")
        .answers(&[ok::<BackupAnswer>()])
        .refuses(&[NOT_FOUND]),
    Call::new(Verb::Post, "/api/admin/backups/{id}/retry", "retryBackup", "Goes on with what has no copy yet")
        .answers(&[ok::<BackupAnswer>()])
        .refuses(&[NOT_FOUND]),
    // Restores.
    Call::new(Verb::Post, "/api/admin/events/{id}/restore/plan", "planRestore", "What a restore would do; begins none")
        .takes(Shape::of::<StartRestore>())
        .answers(&[ok::<RestorePlanAnswer>()])
        .refuses(&[BAD_RESTORE, NOT_FOUND, NO_RESTORE]),
    Call::new(Verb::Post, "/api/admin/events/{id}/restore", "startRestore", "Brings photos back from a destination")
        .takes(Shape::of::<StartRestore>())
        .answers(&[answer(202, "the restore, which goes now", RESTORE)])
        .refuses(&[BAD_RESTORE, NOT_FOUND, BEGIN_RESTORE, FULL]),
    Call::new(Verb::Get, "/api/admin/restores", "listRestores", "Restores on record, newest first")
        .answers(&[ok::<RestoreListAnswer>()]),
    Call::new(Verb::Get, "/api/admin/restores/{id}", "getRestore", "One restore")
        .answers(&[ok::<RestoreAnswer>()])
        .refuses(&[NOT_FOUND]),
    Call::new(Verb::Post, "/api/admin/restores/{id}/cancel", "cancelRestore", "Ends a restore; whole files stay")
        .answers(&[ok::<RestoreAnswer>()])
        .refuses(&[NOT_FOUND]),
    Call::new(Verb::Post, "/api/admin/restores/{id}/retry", "retryRestore", "The same again, into the same folder")
        .takes(Shape::of::<RetryRestore>())
        .answers(&[answer(202, "the new restore, which goes now", RESTORE)])
        .refuses(&[BAD_RESTORE, NOT_FOUND, BEGIN_RESTORE, FULL]),
    Call::new(
        Verb::Get,
        "/api/admin/events/{id}/safety",
        "getSafety",
        "How many copies there are, and if that is enough",
    )
    .answers(&[ok::<SafetyAnswer>()])
    .refuses(&[NOT_FOUND]),
    Call::new(Verb::Get, "/api/admin/scrub", "getScrub", "How the copies were when they were read back last")
        .answers(&[ok::<ScrubAnswer>()]),
    Call::new(Verb::Post, "/api/admin/scrub", "startScrub", "Reads copies back now, slowly")
        .takes(Shape::of::<StartScrub>())
        .answers(&[answer(202, "it is asked for", Body::Json(Shape::of::<ScrubAnswer>()))])
        .refuses(&[refused(400, &["bad_body"]), NOT_FOUND]),
    // The line.
    // Cards.
    Call::new(Verb::Get, "/api/admin/cameras/{id}/import", "getCardImport", "How reading a card goes")
        .answers(&[ok::<CardImportAnswer>()])
        .refuses(&[NOT_FOUND]),
    Call::new(
        Verb::Post,
        "/api/admin/cameras/{id}/import",
        "importCard",
        "Reads what is on a card and not held; how it goes is told on the channel camera too",
    )
    .with(&[query("which", Value::OneOf(&["event", "all"]), "All: of earlier shoots too; of the event's when absent.")])
    .answers(&[answer(
        202,
        "it is asked for; one that is being read goes on",
        Body::Json(Shape::of::<CardImportAnswer>()),
    )])
    .refuses(&[
        refused(400, &["bad_query"]),
        NOT_FOUND,
        refused(409, &["card_away", "comes_by_itself", "no_event"]),
    ]),
    Call::new(Verb::Get, "/api/admin/ceremony", "getCeremony", "What copies over the network may take now")
        .answers(&[ok::<CeremonyAnswer>()]),
    Call::new(Verb::Post, "/api/admin/ceremony", "setCeremony", "Leaves the line to others for a time")
        .takes(Shape::of::<SetCeremony>())
        .answers(&[ok::<CeremonyAnswer>()])
        .refuses(&[refused(400, &["bad_body", "bad_ceremony"])]),
    // The machine.
    Call::new(Verb::Get, "/api/admin/monitoring", "getMonitoring", "The machine: now, and its last seven days")
        .with(&[
            query("type", Value::OneOf(MONITORING_TYPES), "What of it; overview when absent."),
            query("minutes", Value::Number(1, 10_080), "Of history: how far back; 60 when absent."),
        ])
        .answers(&[ok::<MonitoringAnswer>()])
        .refuses(&[refused(400, &["bad_query", "unknown_type", "bad_minutes"])]),
    Call::new(
        Verb::Get,
        "/api/admin/system/settings",
        "getSystemSettings",
        "How pages ask, and from when on the machine is worth a notice",
    )
    .answers(&[ok::<SystemSettingsAnswer>()]),
    Call::new(Verb::Post, "/api/admin/system/settings", "setSystemSettings", "Changes those that are named")
        .takes(Shape::of::<SetSystemSettings>())
        .answers(&[ok::<SystemSettingsAnswer>()])
        .refuses(&[refused(400, &["bad_body", "bad_settings"])]),
    // Destinations.
    Call::new(Verb::Get, "/api/admin/destinations", "listDestinations", "All destinations in use")
        .answers(&[ok::<Vec<DestinationRow>>()]),
    Call::new(Verb::Post, "/api/admin/destinations", "createDestination", "A new destination, once it has answered")
        .takes(Shape::of::<CreateDestination>())
        .answers(&[answer(201, "the new destination", Body::Json(Shape::of::<DestinationRow>()))])
        .refuses(&[
            refused(400, &["bad_body", "bad_destination"]),
            refused(409, &["destination_taken", "destination_fails"]),
        ]),
    Call::new(
        Verb::Delete,
        "/api/admin/destinations/{id}",
        "removeDestination",
        "Puts it out of use; copies stay there",
    )
    .answers(&[ok::<Done>()])
    .refuses(&[NOT_FOUND, refused(409, &["destination_of_settings"])]),
    Call::new(Verb::Post, "/api/admin/destinations/{id}/test", "testDestination", "Asks it to answer and be written")
        .answers(&[ok::<DestinationTested>()])
        .refuses(&[NOT_FOUND, refused(409, &["destination_fails"])]),
    // Who is told beyond the browser.
    Call::new(Verb::Get, "/api/admin/notify", "listTargets", "All targets, with how it goes")
        .answers(&[ok::<Vec<TargetRow>>()]),
    Call::new(Verb::Post, "/api/admin/notify", "createTarget", "A new target, once it took a test message")
        .takes(Shape::of::<CreateTarget>())
        .answers(&[answer(201, "the new target", Body::Json(Shape::of::<NewTargetAnswer>()))])
        .refuses(&[refused(400, &["bad_body", "bad_target"]), refused(409, &["target_taken", "target_fails"])]),
    Call::new(Verb::Delete, "/api/admin/notify/{name}", "removeTarget", "It is told nothing more")
        .answers(&[ok::<Done>()])
        .refuses(&[NOT_FOUND, refused(409, &["target_of_settings"])]),
    Call::new(Verb::Post, "/api/admin/notify/{name}/test", "testTarget", "Sends it a test message now")
        .answers(&[ok::<TargetTested>()])
        .refuses(&[NOT_FOUND, refused(409, &["target_fails"]), refused(503, &["target_busy"])]),
    Call::new(Verb::Get, "/api/push", "getPushKey", "The key that a browser subscribes to Web Push with")
        .answers(&[ok::<PushKey>()]),
    Call::new(Verb::Post, "/api/push", "subscribePush", "Signs a device up for Web Push, or changes what it is told")
        .takes(Shape::of::<SubscribePush>())
        .answers(&[ok::<PushSubscribed>()])
        .refuses(&[refused(400, &["bad_body", "bad_device"]), refused(409, &["too_many_devices"])]),
    Call::new(Verb::Get, "/api/push/devices", "listPushDevices", "Devices that are signed up, with how it goes")
        .answers(&[ok::<Vec<PushDeviceRow>>()]),
    Call::new(Verb::Delete, "/api/push/devices/{id}", "unsubscribePush", "Signs a device off")
        .answers(&[ok::<Done>()])
        .refuses(&[NOT_FOUND]),
    Call::new(Verb::Post, "/api/push/devices/{id}/test", "testPushDevice", "Sends it a test message now")
        .answers(&[ok::<TargetTested>()])
        .refuses(&[NOT_FOUND, refused(409, &["target_fails"]), refused(503, &["target_busy"])]),
    // The live wire.
    Call::new(Verb::Get, "/ws", "openSocket", "Become a WebSocket: asyncapi.json has what is said there")
        .with(&[header("upgrade", Value::OneOf(&["websocket"]), "Asks for it.")])
        .answers(&[answer(101, "it is one", Body::Empty)])
        .refuses(&[refused(400, &["bad_handshake"]), refused(426, &["not_a_websocket"])]),
    Call::new(Verb::Get, "/api/channels", "getChannels", "Several channels: a page, a long poll or an event stream")
        .with(&[
            query("channels", Value::Text, "Names with commas between them; all when absent."),
            SINCE,
            WAIT,
            LAST_EVENT,
            KNOWN,
        ])
        .answers(PAGE)
        .refuses(&[BAD_CURSOR, NO_CHANNEL, NO_PLACE]),
    Call::new(Verb::Get, "/api/channels/{channel}", "getChannel", "One channel, in the same ways")
        .with(&[SINCE, WAIT, LAST_EVENT, KNOWN])
        .answers(PAGE)
        .refuses(&[BAD_CURSOR, NO_CHANNEL, NO_PLACE]),
    // A look inside.
    Call::new(
        Verb::Get,
        "/metrics",
        "getMetrics",
        "Counters and ages for Prometheus; open on the server's own machine",
    )
    .answers(&[answer(200, "the metrics", Body::Text("text/plain"))]),
    Call::new(Verb::Get, "/api/admin/clients", "listClients", "Who is connected and how far behind")
        .answers(&[ok::<ClientList>()]),
    Call::new(
        Verb::Get,
        "/api/admin/clients/{id}/trace",
        "traceClient",
        "One connection's last lines, from the first look on",
    )
    .answers(&[ok::<ClientTrace>()])
    .refuses(&[NOT_FOUND]),
    // Who may come in.
    Call::new(Verb::Get, "/api/session", "getSession", "Who the caller is; renews the cookie")
        .answers(&[ok::<SessionAnswer>()]),
    Call::new(Verb::Post, "/api/session", "signIn", "By a link's code, or by name and password; sets the cookie")
        .open()
        .takes(Shape::of::<SignIn>())
        .answers(&[ok::<SessionAnswer>()])
        .refuses(&[
            refused(400, &["bad_body"]),
            refused(401, &["bad_code", "bad_password"]),
            refused(429, &["too_many_attempts"]),
        ]),
    Call::new(Verb::Delete, "/api/session", "signOut", "Ends the session and takes the cookie back")
        .open()
        .answers(&[ok::<Done>()]),
    Call::new(Verb::Post, "/api/ticket", "createTicket", "A one-time ticket for the WebSocket, as `?ticket=`")
        .answers(&[ok::<TicketAnswer>()])
        .refuses(&[refused(503, &["busy"])]),
    Call::new(Verb::Post, "/api/links", "createLink", "A sign-in link; operators make them for viewers only")
        .takes(Shape::of::<CreateLink>())
        .answers(&[ok::<LinkAnswer>()])
        .refuses(&[refused(400, &["bad_body"])]),
    Call::new(Verb::Get, "/api/admin/tokens", "listTokens", "All tokens and sessions, without their secrets")
        .answers(&[ok::<Vec<TokenRow>>()]),
    Call::new(Verb::Post, "/api/admin/tokens", "createToken", "A new token; its secret is told this once")
        .takes(Shape::of::<CreateToken>())
        .answers(&[answer(201, "the new token", Body::Json(Shape::of::<NewTokenAnswer>()))])
        .refuses(&[refused(400, &["bad_body", "bad_time", "bad_access"])]),
    Call::new(Verb::Delete, "/api/admin/tokens/{id}", "revokeToken", "It opens nothing any more; its sockets close")
        .answers(&[ok::<Done>()])
        .refuses(&[NOT_FOUND]),
    Call::new(Verb::Get, "/api/admin/cameras", "listSenders", "Cameras that sign in to send, without their passwords")
        .answers(&[ok::<Vec<SenderRow>>()]),
    Call::new(
        Verb::Post,
        "/api/admin/cameras",
        "createSender",
        "A camera signs in from now on; its password is told this once",
    )
    .takes(Shape::of::<CreateCamera>())
    .answers(&[answer(201, "what to type into its menu", Body::Json(Shape::of::<NewCameraAnswer>()))])
    .refuses(&[
        refused(400, &["bad_body", "bad_time", "bad_access"]),
        refused(409, &["camera_taken"]),
        refused(503, &["busy"]),
    ]),
    Call::new(Verb::Delete, "/api/admin/cameras/{id}", "removeSender", "It signs in no more; its photos stay")
        .answers(&[ok::<Done>()])
        .refuses(&[NOT_FOUND]),
    Call::new(Verb::Get, "/api/admin/users", "listUsers", "All accounts").answers(&[ok::<Vec<UserRow>>()]),
    Call::new(Verb::Post, "/api/admin/users", "createUser", "A new account")
        .takes(Shape::of::<CreateUser>())
        .answers(&[answer(201, "the new account", Body::Json(Shape::of::<UserRow>()))])
        .refuses(&[
            refused(400, &["bad_body", "bad_name", "bad_access"]),
            refused(409, &["taken"]),
            refused(503, &["busy"]),
        ]),
    Call::new(Verb::Delete, "/api/admin/users/{name}", "removeUser", "The account ends, and its sessions")
        .answers(&[ok::<Done>()])
        .refuses(&[NOT_FOUND]),
    Call::new(Verb::Post, "/api/admin/users/{name}/password", "changePassword", "Another password; its sessions end")
        .takes(Shape::of::<ChangePassword>())
        .answers(&[ok::<Done>()])
        .refuses(&[refused(400, &["bad_body", "bad_access"]), NOT_FOUND, refused(503, &["busy"])]),
];
