//! Every message that crosses Kilat's WebSocket and every body of its HTTP calls.
//!
//! Types only: no state, no I/O. Field names are the wire's (camelCase), times are RFC 3339 in UTC,
//! ids are strings. The messages of `client` and `server` are what existing clients speak; `now`
//! is what the page at `/admin` shows.

mod access;
mod backups;
pub mod calls;
mod cameras;
mod ceremony;
mod channel;
mod client;
pub mod close;
mod cursor;
mod destinations;
mod http;
mod inside;
mod intake;
mod kind;
mod monitoring;
mod notify;
mod now;
mod restores;
mod say;
mod senders;
mod server;
mod status;
pub mod told;

pub use access::{
    ChangePassword, CreateLink, CreateToken, CreateUser, Done, LinkAnswer, NewTokenAnswer, SessionAnswer, SignIn,
    TicketAnswer, TokenRow, UserRow,
};
pub use backups::{
    BackupAnswer, BackupFailure, BackupFile, BackupPhase, BackupProgress, BackupRun, BackupsStarted, EventBackups,
    OneOrAll, SafetyAnswer, SafetyMissing, SafetyPlace, SafetyRuleView, SafetyTally, SafetyView, ScrubAnswer,
    ScrubView, StartBackup, StartScrub,
};
pub use cameras::{
    CameraClock, CameraComing, CameraDetail, CameraFormat, CameraFormatVerdict, CameraFormatWhat, CameraFormatWhy,
    CameraList, CameraReceipt, CameraRow, CameraRowKind, CameraRowState, CameraShotBy, CameraStored, CameraTold,
    CardImportAnswer, CardImportState, CardProgress, PhotoReceipt,
};
pub use ceremony::{CeremonyAnswer, SetCeremony};
pub use channel::{Channel, Channels, UnknownChannel};
pub use client::{ClientMessage, ClientRequest, MAX_FRAME_BYTES, Mistake, Publish, parse_client};
pub use cursor::{Cursor, NoCursor};
pub use destinations::{CapabilityView, CreateDestination, DestinationRow, DestinationTested};
pub use http::{
    AckAnswer, Apology, BackupList, BackupListAnswer, BackupSummary, BackupsForgotten, ControlAction, ControlAnswer,
    ControlRequest, ControlState, CreateEvent, DslrAction, DslrAnswer, DslrRequest, EventRow, Health, NoticeList,
    RetryAnswer, SettingsPatch,
};
pub use inside::{ChannelPage, ClientList, ClientTrace, ClientView, PageHead};
pub use intake::{IntakeAnswer, IntakeFormAnswer, IntakeFormApology, IntakeFormFile, IntakeFormOutcome, IntakeState};
pub use kind::{Kind, Reserved};
pub use monitoring::{
    HistoryPoint, MONITORING_TYPES, MachineAlert, MachineAlerts, MachineHistory, MachineMetrics, MachineStats,
    MachineSummary, MonitoringAnswer, MonitoringView, SetSystemSettings, SetThresholds, SystemSettingsAnswer,
};
pub use notify::{
    CreateTarget, NewTargetAnswer, PushDeviceRow, PushKey, PushKeys, PushSubscribed, SubscribePush, TargetKind,
    TargetRow, TargetTested, TellingState, TellingView,
};
pub use now::{
    CameraView, CopyView, Counts, DestinationView, EventView, Link, LinkState, Links, Now, PhotoDetail, PhotoList,
    PhotoState, PhotoView, Problem, ProblemKind, SourceView,
};
pub use restores::{
    RestoreAnswer, RestoreFailure, RestoreListAnswer, RestorePhase, RestorePlan, RestorePlanAnswer, RestoreRun,
    RetryRestore, StartRestore,
};
pub use say::{ClientEnvelope, ClientSays, Heartbeat, ProgramEnvelope, PublishBody, Subscribe, Which};
pub use senders::{CreateCamera, FtpMenu, FtpTls, NewCameraAnswer, SenderRow};
pub use server::{
    Connected, Draining, Envelope, ErrorBody, Heard, HeartbeatResponse, Published, PublishedKind, ServerMessage,
    Skipped, SkippedWhy, Subscribed,
};
pub use status::{CameraStatus, DslrStatus, Notification, SystemStatus, UploadProgress, UploadStatus};
