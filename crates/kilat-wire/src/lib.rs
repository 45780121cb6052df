//! Every message that crosses Kilat's WebSocket and HTTP.
