//! The HTTP and WebSocket surface: one file per operation, one guard in front of all.
//!
//! Watching goes through the WebSocket (or by polling the same bodies), acting through HTTP. Access
//! control is deliberately absent so far: the binary binds to loopback unless told otherwise.

mod app;
mod guard;
mod http;
mod listen;
mod poll;
mod previews;
mod refusal;
mod ui;
mod ws;

pub use app::{App, AppConfig};
pub use listen::{BindError, Server};
pub use previews::PreviewConfig;
