//! The HTTP and WebSocket surface: one file per operation, one guard in front of all.
//!
//! Watching goes through the WebSocket (or by polling the same bodies), acting through HTTP. Every call
//! stands in one list with what it needs of its caller (`ROUTES`).

mod app;
mod auth;
mod body;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod guard;
mod headers;
mod http;
mod listen;
mod once;
mod places;
mod poll;
mod previews;
mod refusal;
mod tls;
mod ui;
mod ws;

pub use app::{App, AppConfig, DoorConfig};
pub use auth::{ByQuery, Needs, ROUTES, Route, Sessions};
pub use http::{
    destination_row, destination_tested, device_row, new_camera, new_destination, new_target, sender_rows, target_row,
    target_tested, token_row, user_row,
};
pub use listen::{BindError, Server, Serving};
pub use places::Limits;
pub use previews::PreviewConfig;
pub use tls::{Tls, TlsError};
pub use ws::echo;
