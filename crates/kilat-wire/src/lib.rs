//! Every message that crosses Kilat's WebSocket and every body of its HTTP calls.
//!
//! Types only: no state, no I/O. Field names are the wire's (camelCase), times are RFC 3339 in UTC,
//! ids are strings. The messages of `client` and `server` are what existing clients speak; `now`
//! is what the page at `/admin` shows.

mod channel;
mod client;
mod http;
mod now;
mod server;

pub use channel::{Channel, UnknownChannel};
pub use client::{ClientMessage, ClientRequest, MAX_FRAME_BYTES, Mistake, parse_client};
pub use http::{
    Apology, BackupList, BackupListAnswer, BackupSummary, BackupsForgotten, ControlAction, ControlAnswer,
    ControlRequest, ControlState, CreateEvent, DslrAction, DslrAnswer, DslrRequest, EventRow, Health, NoticeList,
    RetryAnswer, SettingsPatch,
};
pub use now::{
    CameraView, CopyView, Counts, DestinationView, EventView, Now, PhotoDetail, PhotoList, PhotoState, PhotoView,
    Problem, ProblemKind, SourceView,
};
pub use server::{
    BackupProgress, BackupRun, CameraStatus, Connected, DslrStatus, Envelope, ErrorBody, HeartbeatResponse,
    Notification, ServerMessage, SystemStatus, UploadProgress, UploadStatus,
};
