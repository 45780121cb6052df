//! `POST /intake` with a form (multipart/form-data): several files in one call, as shortcuts of phones send them.
//!
//! Each file is answered for itself, in the order of the form, and is safe whatever becomes of those behind it. A file
//! that is refused before its end ends the form: what does not stand in the answer was not read. Fields that are no files
//! are passed over.

use std::time::{Duration, SystemTime};

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use kilat_auth::Who;
use kilat_ingest::Offer;
use kilat_wire::{Apology, IntakeAnswer, IntakeFormAnswer, IntakeFormApology, IntakeFormFile, IntakeFormOutcome};
use multer::{Field, Multipart};

use super::answer::{answered, refused, slow, stopping};
use super::digest::{Sums, announced};
use super::pour::{Keep, Work};
use super::put::{begin, broke, file_name, whole};
use super::receiving::Receiving;
use super::sender::{Sender, sender};
use super::sip::Sips;
use crate::app::App;
use crate::refusal::Refusal;

/// Files of one form: each is some 300 bytes of the answer, which stands in memory.
const MOST_FILES: usize = 200;
/// Fields that are no files.
const MOST_FIELDS: usize = 100;
/// Head of a part, and all of a field that is no file: as much as the head of a call.
const MOST_HEAD: u64 = 16 * 1024;
/// The head of the next part comes within this.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether the body of a call is a form.
pub(super) fn is_one(headers: &HeaderMap) -> bool {
    const FORM: &[u8] = b"multipart/form-data";
    let kind = headers.get(CONTENT_TYPE).map(|value| value.as_bytes());
    kind.and_then(|kind| kind.get(..FORM.len())).is_some_and(|kind| kind.eq_ignore_ascii_case(FORM))
}

/// Takes a form; all of its files are said to be written at `written`, where that is told.
pub(super) async fn take(
    app: App,
    who: &Who,
    written: Option<SystemTime>,
    request: Request,
) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    if announced(&head.headers)? != (None, Vec::new()) {
        let remedy = "leave the digest out, or send each file by PUT /intake/NAME";
        return Err(Refusal::bad("bad_digest", "a form has no digest of its own", remedy));
    }
    let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|error| bad_form(&error))?;
    let receiving = Receiving::of(&app)?;
    receiving.intake.must_fit(None).map_err(|error| refused(&error))?;
    let sender = sender(&app, who).await?;
    let place = receiving.place().await?;
    // It goes on when its caller hangs up: what came is kept, and told.
    let task = app.0.sessions.spawn({
        let app = app.clone();
        async move {
            let _place = place;
            let mut form = Form { app, sender, written, files: Vec::new() };
            let end = form.read(body, boundary).await;
            answer(form.files, end)
        }
    });
    task.await.map_err(|panic| broke(&panic))
}

/// How far a form was read.
enum End {
    /// To its end.
    Whole,
    /// To a file that was refused before its own end.
    AtAFile,
    /// To what cannot be read, or may not be.
    Fault(Refusal),
}

/// What was read so far.
struct Form {
    app: App,
    sender: Sender,
    written: Option<SystemTime>,
    files: Vec<IntakeFormFile>,
}

impl Form {
    async fn read(&mut self, body: Body, boundary: String) -> End {
        let (sips, bound) = Sips::of(body);
        let mut parts = Multipart::new(sips, boundary);
        let mut fields = 0;
        loop {
            // A field that is no file is passed over within the same bound.
            bound.set(MOST_HEAD);
            let field = match self.next(&mut parts).await {
                Ok(Some(field)) => field,
                Ok(None) => return End::Whole,
                Err(refusal) => return End::Fault(refusal),
            };
            // Browsers send a file without a name where nobody chose one.
            let Some(name) = field.file_name().filter(|name| !name.is_empty()).map(str::to_owned) else {
                fields += 1;
                if fields > MOST_FIELDS {
                    return End::Fault(too_many(MOST_FIELDS, "fields that are no files"));
                }
                continue;
            };
            if self.files.len() == MOST_FILES {
                return End::Fault(too_many(MOST_FILES, "files"));
            }
            bound.lift();
            let (outcome, was_read) = match self.one(&name, field).await {
                Ok(outcome) => (outcome, true),
                Err(refusal) => (Err(refusal), false),
            };
            let (status, outcome) = match outcome {
                Ok((status, answer)) => (status, IntakeFormOutcome::Taken(answer)),
                Err(refusal) => (refusal.status(), IntakeFormOutcome::Refused(refusal.into())),
            };
            self.files.push(IntakeFormFile { name, status: status.as_u16(), outcome });
            if !was_read {
                return End::AtAFile;
            }
        }
    }

    async fn next(&self, parts: &mut Multipart<'static>) -> Result<Option<Field<'static>>, Refusal> {
        tokio::select! {
            () = self.app.0.stopping.asked() => Err(stopping()),
            next = tokio::time::timeout(PATIENCE, parts.next_field()) => {
                next.map_err(|_elapsed| slow())?.map_err(|error| bad_form(&error))
            }
        }
    }

    /// What became of a file that was read to its end, or why it was not.
    async fn one(
        &self,
        name: &str,
        field: Field<'static>,
    ) -> Result<Result<(StatusCode, IntakeAnswer), Refusal>, Refusal> {
        let (via, sender) = (self.sender.via.clone(), self.sender.name.clone());
        let name = file_name(Some(name))?;
        let offer = Offer { via, sender, name, size_bytes: None, written: self.written, hash: None };
        let part = begin(&self.app, offer).await?;
        let work = Work::new(part, Sums::default(), Keep::AtTheEnd);
        let (outcome, hash) = whole(&self.app, Body::from_stream(field), work).await?;
        Ok(answered(outcome, hash))
    }
}

fn answer(files: Vec<IntakeFormFile>, end: End) -> Response {
    let taken = |file: &IntakeFormFile| matches!(file.outcome, IntakeFormOutcome::Taken(_));
    let safe = files.iter().filter(|file| taken(file)).count();
    let first = files.iter().find_map(|file| match &file.outcome {
        IntakeFormOutcome::Refused(apology) => Some((file.name.clone(), file.status, apology.clone())),
        IntakeFormOutcome::Taken(_) => None,
    });
    let (status, code, why, remedy) = match (end, first) {
        (End::Fault(refusal), _) if files.is_empty() => return refusal.into_response(),
        (End::Whole | End::AtAFile, None) if files.is_empty() => {
            let remedy = "send each file as a part with a filename, as curl -F photo=@DSC_0001.JPG does";
            return Refusal::bad("bad_form", "the form has no files", remedy).into_response();
        }
        (End::Whole | End::AtAFile, None) => {
            return (StatusCode::MULTI_STATUS, Json(IntakeFormAnswer { success: true, files })).into_response();
        }
        (_, Some((name, status, Apology { code, error, remedy, .. }))) if safe == 0 => {
            (status, code, format!("{name:?} was not taken: {error}"), remedy)
        }
        (_, Some((name, _, apology))) => in_part(safe, &format!("{name:?} is not: {}", apology.error)),
        (End::Fault(refusal), None) => {
            in_part(safe, &format!("then the form could not be read on: {}", Apology::from(refusal).error))
        }
    };
    let body = IntakeFormApology { success: false, code, error: why, remedy, files };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    (status, Json(body)).into_response()
}

fn in_part(safe: usize, why: &str) -> (u16, String, String, String) {
    let files =
        if safe == 1 { "1 file of the form is safe".to_owned() } else { format!("{safe} files of the form are safe") };
    let remedy = "send again what is refused in files, and what does not stand there";
    (422, "in_part".to_owned(), format!("{files}; {why}"), remedy.to_owned())
}

fn bad_form(error: &multer::Error) -> Refusal {
    let source = std::error::Error::source(error);
    let why = source.map_or_else(|| error.to_string(), ToString::to_string);
    let remedy = "send it as curl -F does, or each file by PUT /intake/NAME";
    Refusal::bad("bad_form", format!("the form cannot be read: {why}"), remedy)
}

fn too_many(most: usize, what: &str) -> Refusal {
    Refusal::bad("bad_form", format!("the form has more than {most} {what}"), "send the rest in another form")
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::stream;
    use proptest::prelude::*;

    use super::*;

    /// What `read` makes of a body that comes in these pieces: each file's name and bytes.
    async fn files(pieces: Vec<Vec<u8>>) -> Result<Vec<(String, Vec<u8>)>, multer::Error> {
        let pieces = pieces.into_iter().map(|piece| Ok::<_, std::io::Error>(Bytes::from(piece)));
        let (sips, bound) = Sips::of(Body::from_stream(stream::iter(pieces)));
        let mut parts = Multipart::new(sips, "XyZ");
        let mut files = Vec::new();
        loop {
            bound.set(MOST_HEAD);
            let Some(mut field) = parts.next_field().await? else { return Ok(files) };
            bound.lift();
            let name = field.file_name().unwrap_or_default().to_owned();
            let mut bytes = Vec::new();
            while let Some(piece) = field.chunk().await? {
                bytes.extend_from_slice(&piece);
            }
            files.push((name, bytes));
        }
    }

    /// Bytes that look like a boundary again and again, and never are one.
    fn content() -> impl Strategy<Value = Vec<u8>> {
        let words = prop::sample::select(vec![
            b"\r".as_slice(),
            b"\n",
            b"\r\n",
            b"--",
            b"\r\n--",
            b"\r\n--Xy",
            b"\r\n--XyY",
            b"\r\n\r\n--X",
            b"XyZ",
            b"\xff\xd8\x00",
        ]);
        prop::collection::vec(words, 0..12)
            .prop_map(|words| words.concat())
            .prop_filter("a boundary", |bytes| !bytes.windows(7).any(|part| part == b"\r\n--XyZ"))
    }

    proptest! {
        #[test]
        fn a_form_is_read_alike_however_the_network_cuts_it(
            contents in prop::collection::vec(content(), 0..4),
            cuts in prop::collection::vec(1_usize..40, 1..30),
        ) {
            let mut form = Vec::new();
            for (number, bytes) in contents.iter().enumerate() {
                let head = format!("--XyZ\r\nContent-Disposition: form-data; name=\"f\"; filename=\"{number}.JPG\"\r\n\r\n");
                form.extend_from_slice(&[head.as_bytes(), bytes, b"\r\n"].concat());
            }
            form.extend_from_slice(b"--XyZ--\r\n");
            let (mut pieces, mut rest, mut cuts) = (Vec::new(), form.as_slice(), cuts.iter().cycle());
            while !rest.is_empty() {
                let at = cuts.next().map_or(1, |cut| (*cut).min(rest.len()));
                let (piece, behind) = rest.split_at(at);
                pieces.push(piece.to_vec());
                rest = behind;
            }
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            let read = runtime.block_on(files(pieces)).expect("it is whole");
            let wanted: Vec<_> =
                contents.into_iter().enumerate().map(|(number, bytes)| (format!("{number}.JPG"), bytes)).collect();
            prop_assert_eq!(read, wanted);
        }
    }
}
