//! Kilat's words, shared by every room: ids, facts, error classes, the clock, tasks and the board.
//!
//! Nothing here reads files, the environment or the network.

mod access;
mod account;
mod backup;
mod board;
mod cameras;
mod catalogue;
mod circuit;
mod clock;
mod destination;
mod fact;
mod fault;
mod format;
mod hash;
mod id;
mod key;
mod machine;
mod meter;
mod model;
mod mounts;
mod new_event;
mod notice;
pub mod path_text;
mod restored;
mod safety;
mod skew;
mod tasks;
mod text;
mod uplink;

pub use access::{ParseRoleError, PasswordHash, Role, Token, TokenKind, User};
pub use account::{
    Account, AccountRow, Evidence, HandedIn, HeldPhoto, KnownBody, ListedFrame, MAX_NAMED, Names, OnCard, ShotBy,
    Whose, account,
};
pub use backup::{AskedBy, BackupCopy, BackupFact, BackupRun, BackupTotals, CopyFault, RunKind, RunOutcome, RunStep};
pub use board::{Board, BoardReader, ImportProgress, RunFile, RunProgress, Space, Transfer};
pub use cameras::{
    CameraFact, CameraKind, CameraLogin, CameraReading, CameraState, CardTally, Frame, ImportEnd, KnownCamera,
    MAX_FRAMES_TOLD, Via, Way,
};
pub use catalogue::{Lang, NoticeText, Said};
pub use circuit::{Circuit, LOOK_AGAIN};
pub use clock::{Clock, ManualClock, Millis, SystemClock};
pub use destination::{DESTINATION_MARK, Destination, DestinationHealth, DestinationKind, Medium, NamedBy};
pub use fact::{Fact, Offset, Recorded};
pub use fault::{Backoff, Class, Classify, OsFault};
pub use format::{FormatVerdict, FormatWhy, format_words, may_format};
pub use hash::{ContentHash, ParseHashError, ProofHash, TokenHash};
pub use id::{
    ArrivalId, BackupId, CameraId, DestinationId, EventId, GroupId, IdSource, MarkId, ParseIdError, PhotoId, RestoreId,
    SourceId, TokenId, UserName,
};
pub use key::{KeyError, ObjectKey, fold_name, safe_segment};
pub use machine::{
    Alarm, AlarmKind, ClockState, CommitTimes, Cpu, Disk, Gauge, Interface, MAX_RECENT_SAMPLES, Machine, Memory,
    Process, Sample, Span, Stretch, Temperature,
};
pub use meter::{Flight, Meter};
pub use model::{
    Arrival, ArrivalFailure, ArrivalStatus, Camera, CopyState, Event, EventStatus, FileStamp, Photo, PhotoKind,
    ReadBack, Settings, Source, SourceHealth, SourceKind, TakenAt, Thresholds,
};
pub use mounts::{DeviceNumber, Mount, holder, parse_mounts};
pub use new_event::{NewEvent, NewEventError, today};
pub use notice::{
    Acknowledgement, FLAP_WINDOW, MAX_SAMPLES, Notice, NoticeChange, NoticeKind, NoticeStanding, NoticeState, Priority,
    STEADY,
};
pub use restored::{
    Restore, RestoreEnd, RestoreFact, RestoreFailure, RestoreOutcome, RestoreProgress, RestoreTally, RestoreTotals,
};
pub use safety::{CopyPlace, SafetyRule, Standing, UNKNOWN_VOLUME, VOLUME_PARTS, standing};
pub use skew::{ClockNews, Lag, MAX_LAGS, Measured, clock_news, measure_clock};
pub use tasks::{Failure, Stop, Tasks};
pub use text::{ago_text, count_text, sent_text, size_text};
pub use uplink::Uplink;
