//! Every call with what it needs. A call that does not stand here is refused, so none is open by mistake.

use axum::http::Method;
use kilat_auth::Operation;

use Needs::{Anyone, OnThisMachineOr, Operation as May, Somebody};

/// What a call needs of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it tells nothing and changes nothing, or signs in.
    Anyone,
    /// To be signed in.
    Somebody,
    /// To be allowed this.
    Operation(Operation),
    /// To be a program on this machine, not one that a proxy speaks for; or to be allowed this.
    OnThisMachineOr(Operation),
}

/// Whether a call's address may carry what lets its caller in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByQuery {
    /// It may not: addresses are logged and shared.
    No,
    /// A token, where the settings allow it, for old clients that can do nothing else.
    Token,
    /// That, or a one-time ticket.
    TicketOrToken,
}

/// A call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Its method; HEAD is GET.
    pub method: &'static str,
    /// Its path, with `{…}` for what varies.
    pub path: &'static str,
    /// What it needs.
    pub needs: Needs,
    /// Whether its address may carry what lets its caller in.
    pub by_query: ByQuery,
    /// What lets its caller in, beside a token.
    pub beside: Beside,
}

/// What lets a caller in, beside a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// A browser's session.
    Session,
    /// A camera's user and password. Sessions do not count: programs make this call, and no page of another site makes it
    /// with what somebody is signed in to.
    Camera,
}

const fn call(method: &'static str, path: &'static str, needs: Needs) -> Route {
    Route { method, path, needs, by_query: ByQuery::No, beside: Beside::Session }
}

/// What takes files.
const fn hand_in(method: &'static str, path: &'static str) -> Route {
    Route { beside: Beside::Camera, ..call(method, path, May(Operation::HandIn)) }
}

/// The channels without a WebSocket: old clients and event streams cannot send headers either.
const fn channel(path: &'static str) -> Route {
    Route { by_query: ByQuery::TicketOrToken, ..call("GET", path, May(Operation::Watch)) }
}

/// The WebSocket, at whatever path it is asked for.
const SOCKET: Route = channel("/ws");

/// Every call of both ports.
pub const ROUTES: &[Route] = &[
    call("GET", "/", Anyone),
    call("GET", "/admin", Anyone),
    call("GET", "/admin/", Anyone),
    call("GET", "/admin/assets/{name}", Anyone),
    call("GET", "/admin/sw.js", Anyone),
    call("GET", "/admin/manifest.webmanifest", Anyone),
    call("GET", "/favicon.ico", Anyone),
    call("GET", "/health", Anyone),
    call("POST", "/api/session", Anyone),
    call("DELETE", "/api/session", Anyone),
    call("GET", "/api/session", Somebody),
    call("POST", "/api/ticket", May(Operation::Watch)),
    call("POST", "/api/links", May(Operation::IssueViewerLink)),
    SOCKET,
    call("GET", "/api/health", May(Operation::Watch)),
    call("GET", "/api/now", May(Operation::Watch)),
    call("GET", "/api/dslr/status", May(Operation::Watch)),
    call("GET", "/api/dslr/control", May(Operation::Watch)),
    call("GET", "/api/notifications", May(Operation::Watch)),
    call("GET", "/api/admin/events", May(Operation::Watch)),
    call("GET", "/api/admin/backup/status", May(Operation::Watch)),
    call("GET", "/api/admin/events/{id}/backup", May(Operation::Watch)),
    call("GET", "/api/admin/events/{id}/safety", May(Operation::Watch)),
    call("GET", "/api/admin/scrub", May(Operation::Watch)),
    call("GET", "/api/admin/ceremony", May(Operation::Watch)),
    call("GET", "/api/admin/monitoring", May(Operation::Watch)),
    call("GET", "/api/admin/system/settings", May(Operation::Watch)),
    channel("/api/channels"),
    channel("/api/channels/{channel}"),
    call("GET", "/metrics", OnThisMachineOr(Operation::SeeInside)),
    call("GET", "/api/admin/clients", May(Operation::SeeInside)),
    call("GET", "/api/admin/clients/{id}/trace", May(Operation::SeeInside)),
    call("POST", "/api/notifications/ack", May(Operation::Act)),
    call("POST", "/api/notifications/{id}/ack", May(Operation::Act)),
    call("GET", "/api/cameras", May(Operation::Watch)),
    call("GET", "/api/cameras/{id}", May(Operation::Watch)),
    call("GET", "/api/cameras/{id}/coming", May(Operation::ReadPhotos)),
    call("GET", "/api/photos", May(Operation::ReadPhotos)),
    call("GET", "/api/photos/{id}", May(Operation::ReadPhotos)),
    call("GET", "/api/photos/{id}/preview", May(Operation::ReadPhotos)),
    call("POST", "/api/dslr/status", May(Operation::Act)),
    call("POST", "/api/dslr/control", May(Operation::Act)),
    call("POST", "/api/uploads/retry", May(Operation::Act)),
    call("DELETE", "/api/admin/backup/status", May(Operation::Act)),
    call("POST", "/api/admin/events/{id}/backup", May(Operation::Act)),
    call("POST", "/api/admin/backups/{id}/pause", May(Operation::Act)),
    call("POST", "/api/admin/backups/{id}/resume", May(Operation::Act)),
    call("POST", "/api/admin/backups/{id}/cancel", May(Operation::Act)),
    call("POST", "/api/admin/backups/{id}/retry", May(Operation::Act)),
    // A folder of one's own choice needs more: the call looks at that.
    call("POST", "/api/admin/events/{id}/restore", May(Operation::Act)),
    call("POST", "/api/admin/events/{id}/restore/plan", May(Operation::Act)),
    call("GET", "/api/admin/restores", May(Operation::Act)),
    call("GET", "/api/admin/restores/{id}", May(Operation::Act)),
    call("POST", "/api/admin/restores/{id}/cancel", May(Operation::Act)),
    call("POST", "/api/admin/restores/{id}/retry", May(Operation::Act)),
    call("POST", "/api/admin/scrub", May(Operation::Act)),
    call("POST", "/api/admin/ceremony", May(Operation::Act)),
    call("GET", "/api/admin/cameras/{id}/import", May(Operation::Watch)),
    call("POST", "/api/admin/cameras/{id}/import", May(Operation::Act)),
    call("POST", "/api/admin/system/settings", May(Operation::Act)),
    call("POST", "/api/admin/events", May(Operation::ManageEvents)),
    call("POST", "/api/admin/events/{id}/use", May(Operation::ManageEvents)),
    call("POST", "/api/admin/events/{id}/close", May(Operation::ManageEvents)),
    call("GET", "/api/admin/destinations", May(Operation::Act)),
    call("POST", "/api/admin/destinations/{id}/test", May(Operation::Act)),
    call("POST", "/api/admin/destinations", May(Operation::ManageDestinations)),
    call("DELETE", "/api/admin/destinations/{id}", May(Operation::ManageDestinations)),
    call("GET", "/api/push", May(Operation::Watch)),
    call("POST", "/api/push", May(Operation::Watch)),
    // Whoever knows a device's id has signed it up, or may see them all.
    call("DELETE", "/api/push/devices/{id}", May(Operation::Watch)),
    call("POST", "/api/push/devices/{id}/test", May(Operation::Watch)),
    call("GET", "/api/push/devices", May(Operation::Act)),
    call("GET", "/api/admin/notify", May(Operation::Act)),
    call("POST", "/api/admin/notify/{name}/test", May(Operation::Act)),
    call("POST", "/api/admin/notify", May(Operation::ManageTargets)),
    call("DELETE", "/api/admin/notify/{name}", May(Operation::ManageTargets)),
    call("GET", "/api/admin/tokens", May(Operation::ManageAccess)),
    call("POST", "/api/admin/tokens", May(Operation::ManageAccess)),
    call("DELETE", "/api/admin/tokens/{id}", May(Operation::ManageAccess)),
    call("GET", "/api/admin/cameras", May(Operation::ManageAccess)),
    call("POST", "/api/admin/cameras", May(Operation::ManageAccess)),
    call("DELETE", "/api/admin/cameras/{id}", May(Operation::ManageAccess)),
    call("GET", "/api/admin/users", May(Operation::ManageAccess)),
    call("POST", "/api/admin/users", May(Operation::ManageAccess)),
    call("DELETE", "/api/admin/users/{name}", May(Operation::ManageAccess)),
    call("POST", "/api/admin/users/{name}/password", May(Operation::ManageAccess)),
    hand_in("GET", "/intake"),
    hand_in("POST", "/intake"),
    hand_in("PUT", "/intake/{name}"),
    hand_in("POST", "/intake/tus"),
    hand_in("GET", "/intake/tus/{id}"),
    hand_in("PATCH", "/intake/tus/{id}"),
    hand_in("DELETE", "/intake/tus/{id}"),
    // What is not there, said in JSON.
    call("GET", "/api/{*rest}", Anyone),
    call("POST", "/api/{*rest}", Anyone),
    call("DELETE", "/api/{*rest}", Anyone),
];

/// What stands here about a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// This.
    Route(&'static Route),
    /// The path, with other methods.
    OtherMethods,
    /// Nothing: somebody forgot it.
    Forgotten,
}

/// Looks a call up by its method and the path that the router matched.
pub(crate) fn route(method: &Method, path: &str) -> Known {
    let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
    let mut known = Known::Forgotten;
    for route in ROUTES.iter().filter(|route| route.path == path) {
        if route.method == method {
            return Known::Route(route);
        }
        known = Known::OtherMethods;
    }
    known
}

/// The same where the router matched nothing: old clients open the socket at any path.
pub(crate) fn anywhere(is_upgrade: bool) -> Known {
    const NOTHING: Route = call("GET", "*", Anyone);
    Known::Route(if is_upgrade { &SOCKET } else { &NOTHING })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_stands_here_once_and_what_changes_something_is_not_for_watchers() {
        for (at, call) in ROUTES.iter().enumerate() {
            let twin = ROUTES[at + 1..].iter().any(|other| (other.method, other.path) == (call.method, call.path));
            assert!(!twin, "{call:?}");
            let is_watching = call.needs == May(Operation::Watch) || call.needs == May(Operation::ReadPhotos);
            // A place on the socket, and whether one's own device is told.
            let is_ones_own = call.path == "/api/ticket" || call.path.starts_with("/api/push");
            assert!(call.method == "GET" || !is_watching || is_ones_own, "{call:?}");
        }
    }

    #[test]
    fn a_call_that_was_forgotten_is_known_as_such() {
        assert!(matches!(route(&Method::HEAD, "/health"), Known::Route(_)));
        assert_eq!(route(&Method::PUT, "/health"), Known::OtherMethods);
        assert_eq!(route(&Method::GET, "/api/secrets"), Known::Forgotten);
        assert_eq!(anywhere(true), Known::Route(&SOCKET));
    }
}
