//! `DELETE /intake/tus/{id}`: an upload is given up, and what came of it deleted. A photo that it became stays.

use axum::extract::{Extension, State as Of};
use axum::http::StatusCode;
use kilat_auth::Who;

use super::super::super::given::Path;
use super::super::receiving::Receiving;
use super::uploads::Ended;
use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn delete(
    Of(app): Of<App>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let receiving = Receiving::of(&app)?;
    let upload = receiving.uploads.of(&id, &who)?;
    let mut state = upload.take_over().await?;
    state.ended = Some(Ended::Gone);
    receiving.uploads.remove(&receiving.intake, &upload);
    Ok(StatusCode::NO_CONTENT)
}
