//! Who may call what: the list of calls, the names this server goes by, what a caller presents.

mod cookie;
mod names;
mod present;
mod routes;

pub(crate) use cookie::{clear_cookie, session_cookie, session_of};
pub(crate) use names::{Names, Page};
pub(crate) use present::{Presented, UrlToken, presented};
pub use routes::{ByQuery, Needs, ROUTES, Route, Sessions};
pub(crate) use routes::{Known, anywhere, route};
