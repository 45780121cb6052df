//! One HTTP call: a page of the polling way, over a connection of its own.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, AUTHORIZATION, ETAG, HOST, IF_NONE_MATCH};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;

use crate::machine::Polled;
use crate::net::{Connector, parts};

/// Longest page that is read: the states and a thousand entries many times over.
const MAX_PAGE_BYTES: usize = 16 << 20;

/// What is asked.
pub(crate) struct Question {
    pub(crate) query: String,
    pub(crate) tag: Option<String>,
    pub(crate) patience: Duration,
}

/// Asks for a page.
pub(crate) async fn poll<C: Connector>(connector: &C, question: Question) -> Polled {
    let endpoint = connector.endpoint();
    let token = endpoint.as_ref().and_then(|endpoint| endpoint.token.clone());
    let Some(http) = endpoint.and_then(|endpoint| endpoint.http) else {
        return Polled::Failed("nobody knows where the server answers".to_owned());
    };
    ask(connector, &http, token, question).await.unwrap_or_else(Polled::Failed)
}

async fn ask<C: Connector>(
    connector: &C,
    http: &str,
    token: Option<String>,
    question: Question,
) -> Result<Polled, String> {
    let Question { query, tag, patience } = question;
    let (host, port, security) = parts(http, ("http", "https"))?;
    let address = http.split_once("://").map_or(http, |(_, address)| address).trim_end_matches('/').to_owned();
    let connect = tokio::time::timeout(patience, connector.connect(&host, port, security)).await;
    let stream = connect.map_err(|_elapsed| format!("{http} does not answer"))?;
    let stream = stream.map_err(|error| format!("cannot connect to {http}: {error}"))?;
    let mut request = Request::get(format!("/api/channels?{query}")).header(HOST, address);
    request = request.header(ACCEPT, "application/json");
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    if let Some(tag) = tag {
        request = request.header(IF_NONE_MATCH, tag);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|error| error.to_string())?;
    let shaken = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = shaken.map_err(|error| error.to_string())?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(|error| error.to_string())?;
        read(response).await
    };
    // The connection does the work; it lives as long as the question does.
    tokio::select! {
        polled = exchange => polled,
        Err(error) = connection => Err(format!("the connection ended: {error}")),
    }
}

async fn read(response: http::Response<hyper::body::Incoming>) -> Result<Polled, String> {
    let (head, mut body) = response.into_parts();
    match head.status {
        StatusCode::OK => {}
        StatusCode::NOT_MODIFIED => return Ok(Polled::Unchanged),
        status => return Ok(Polled::Refused(status.as_u16())),
    }
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| format!("the answer broke off: {error}"))?;
        if let Some(data) = frame.data_ref() {
            if bytes.len() + data.len() > MAX_PAGE_BYTES {
                return Err(format!("the answer is longer than {MAX_PAGE_BYTES} bytes"));
            }
            bytes.extend_from_slice(data);
        }
    }
    let page = serde_json::from_slice(&bytes).map_err(|error| format!("the answer is no page: {error}"))?;
    let tag = head.headers.get(ETAG).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    Ok(Polled::Page(page, tag))
}
