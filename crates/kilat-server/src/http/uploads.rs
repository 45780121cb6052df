//! `POST /api/uploads/retry`: try again what was given up.

use axum::Json;
use axum::extract::State;
use kilat_core::Fact;
use kilat_wire::RetryAnswer;

use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn retry(State(app): State<App>) -> Result<Json<RetryAnswer>, Refusal> {
    app.0.journal.append(vec![Fact::RetryAsked { destination: None }]).await?;
    Ok(Json(RetryAnswer { success: true, message: "what had failed is tried once more".to_owned() }))
}
