//! Calls of a running server that say more than `GET` as JSON: headers, statuses, streams, sockets.

use std::io::Read;
use std::net::TcpStream;

use serde_json::Value;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{WebSocket, connect};
use ureq::http::Response;
use ureq::{Agent, Body};

use crate::Server;

impl Server {
    /// A socket on which nothing was said yet.
    ///
    /// # Panics
    /// When it cannot connect.
    #[must_use]
    pub fn socket(&self) -> WebSocket<MaybeTlsStream<TcpStream>> {
        self.socket_with(&self.token)
    }

    /// The same with another token.
    ///
    /// # Panics
    /// When it cannot connect.
    #[must_use]
    pub fn socket_with(&self, token: &str) -> WebSocket<MaybeTlsStream<TcpStream>> {
        let mut request = self.ws.as_str().into_client_request().expect("an address");
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().expect("a header"));
        connect(request).unwrap_or_else(|error| panic!("cannot connect to {}: {error}", self.ws)).0
    }

    /// A call with a body or without, whatever its answer; the body as JSON, null when it is none.
    ///
    /// # Panics
    /// When there is no answer at all.
    #[must_use]
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let mut answer = self.send(method, path, &[], body);
        let text = answer.body_mut().read_to_string().unwrap_or_default();
        (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or_default())
    }

    /// The status of `GET path`.
    ///
    /// # Panics
    /// When there is no answer at all.
    #[must_use]
    pub fn status(&self, path: &str, headers: &[(&str, &str)]) -> u16 {
        self.send("GET", path, headers, None).status().as_u16()
    }

    /// A header of the answer to `GET path`.
    ///
    /// # Panics
    /// When there is no answer at all.
    #[must_use]
    pub fn header(&self, path: &str, headers: &[(&str, &str)], name: &str) -> Option<String> {
        let answer = self.send("GET", path, headers, None);
        answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }

    /// The body of `GET path` as text.
    ///
    /// # Panics
    /// When there is no answer at all.
    #[must_use]
    pub fn text(&self, path: &str) -> String {
        self.send("GET", path, &[], None).body_mut().read_to_string().expect("a text")
    }

    /// The body of `GET path` as it comes.
    ///
    /// # Panics
    /// When there is no answer at all.
    #[must_use]
    pub fn stream(&self, path: &str, headers: &[(&str, &str)]) -> impl Read + use<> {
        self.send("GET", path, headers, None).into_body().into_reader()
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Response<Body> {
        let agent: Agent = Agent::config_builder().http_status_as_error(false).build().into();
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.http));
        request = request.header("authorization", self.bearer());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = match body {
            Some(body) => {
                let request = request.header("content-type", "application/json").body(body.to_string());
                agent.run(request.expect("a request"))
            }
            None => agent.run(request.body(()).expect("a request")),
        };
        answer.unwrap_or_else(|error| panic!("{method} {}{path}: {error}", self.http))
    }
}
