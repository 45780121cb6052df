//! Those who are told beyond the browser, against receivers on this machine.

mod cameras;
mod push;
mod scene;
mod targets;
