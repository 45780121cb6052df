//! Who may call what: the list of calls, the names this server goes by, what a caller presents.

mod cookie;
mod names;
mod present;
mod routes;

pub(crate) use cookie::{clear_cookie, session_cookie, session_of};
pub(crate) use names::{Names, Page};
pub(crate) use present::{Basic, Presented, UrlToken, basic, presented};
pub use routes::{Beside, ByQuery, Needs, ROUTES, Route};
pub(crate) use routes::{Known, anywhere, route};
