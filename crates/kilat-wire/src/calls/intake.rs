//! The calls that take files.

use super::{Answer, Body, Call, Parameter, Refused, Shape, Value, Verb, answer, header, query, refused};
use crate::{IntakeAnswer, IntakeFormAnswer};

const NOT_FOUND: Refused = refused(404, &["not_found"]);
const FULL: Refused = refused(507, &["no_room"]);
const BUSY: Refused = refused(423, &["upload_busy"]);
const INTAKE: Body = Body::Json(Shape::of::<IntakeAnswer>());
const HELD: Answer = answer(200, "the event in use held this content already", INTAKE);
const NEW: Answer = answer(201, "it is durable, and a photo or soon one", INTAKE);
const ASIDE: Answer = answer(202, "no photo by its name: kept, in no event", INTAKE);
const TAKEN: &[Answer] = &[HELD, NEW, ASIDE];
const FORM: Answer = answer(207, "a form: each of its files is safe", Body::Json(Shape::of::<IntakeFormAnswer>()));
const NOT_TAKEN: &[Refused] = &[
    refused(400, &["bad_query", "bad_name", "bad_time", "bad_digest", "bad_form", "bad_key", "empty"]),
    refused(409, &["no_sender", "in_progress"]),
    refused(412, &["held_already"]),
    refused(413, &["too_large"]),
    refused(422, &["cut_off", "differs", "in_part", "key_reused"]),
    refused(503, &["busy", "stopping", "no_intake"]),
    FULL,
];
const NOT_BEGUN: &[Refused] = &[
    refused(400, &["bad_length", "bad_metadata", "bad_name", "bad_digest", "empty"]),
    refused(409, &["no_sender"]),
    TUS_VERSION,
    refused(413, &["too_large", "too_much"]),
    refused(422, &["cut_off"]),
    refused(460, &["differs"]),
    refused(503, &["busy", "stopping", "too_many_uploads", "no_intake"]),
    FULL,
];
const NOT_ADDED: &[Refused] = &[
    refused(400, &["bad_offset", "bad_digest"]),
    NOT_FOUND,
    refused(409, &["bad_offset", "no_part"]),
    TUS_VERSION,
    refused(413, &["too_large", "too_much"]),
    refused(415, &["bad_type"]),
    refused(422, &["cut_off"]),
    BUSY,
    refused(460, &["differs"]),
    refused(503, &["busy", "stopping", "no_intake"]),
    FULL,
];
const TUS_VERSION: Refused = refused(412, &["tus_version"]);
const TUS: Parameter = header("tus-resumable", Value::Text, "`1.0.0`; it is not optional.");
const CHECKSUM: Parameter = header("upload-checksum", Value::Text, "`sha1` or `sha256`, a space, the sum in base 64.");
const WRITTEN: Parameter = query("written", Value::Text, "When the file was written (RFC 3339).");
const KILAT_HASH: Parameter = header("x-kilat-hash", Value::Text, "BLAKE3 of the file, in hexadecimal.");
const REPR_DIGEST: Parameter = header("repr-digest", Value::Text, "`sha-256=:…:` of the file, in base 64 (RFC 9530).");
const CONTENT_DIGEST: Parameter = header("content-digest", Value::Text, "The same.");
const ONLY_NEW: Parameter = header("if-none-match", Value::Text, "`*`: refuse what the event in use holds already.");
const KEY: Parameter = header(
    "idempotency-key",
    Value::Text,
    "With one of the digests: sent again, the first answer comes again before the first byte.",
);

pub(super) const PUT: Call = Call::new(
    Verb::Put,
    "/intake/{name}",
    "putPhoto",
    "Hands a file in: a photo of the event in use once it is answered",
)
.with(&[WRITTEN, KILAT_HASH, REPR_DIGEST, CONTENT_DIGEST, ONLY_NEW, KEY])
.takes_bytes("application/octet-stream")
.answers(TAKEN)
.refuses(NOT_TAKEN);
pub(super) const POST: Call = Call::new(
    Verb::Post,
    "/intake",
    "postPhoto",
    "The same, with the name behind the `?`; or the files of a form (multipart/form-data)",
)
.with(&[
    query("name", Value::Text, "The file's name; it is optional only for forms, whose files have names of their own."),
    WRITTEN,
    KILAT_HASH,
    REPR_DIGEST,
    CONTENT_DIGEST,
    ONLY_NEW,
    KEY,
])
.takes_bytes("application/octet-stream")
.answers(&[HELD, NEW, ASIDE, FORM])
.refuses(NOT_TAKEN);
pub(super) const FIND: Call = Call::new(
    Verb::Get,
    "/intake",
    "findPhoto",
    "Whether the event in use holds this content; HEAD for the status alone",
)
.with(&[query("hash", Value::Text, "BLAKE3 of the file in hexadecimal; it is not optional.")])
.answers(&[answer(200, "it does", INTAKE)])
.refuses(&[refused(400, &["bad_query", "bad_digest"]), NOT_FOUND]);
pub(super) const BEGIN: Call =
    Call::new(Verb::Post, "/intake/tus", "beginUpload", "Begins an upload that goes on after any cut (tus 1.0)")
        .with(&[
            TUS,
            header("upload-length", Value::Number(1, u64::MAX), "The file's bytes; it is not optional."),
            header("upload-metadata", Value::Text, "`filename`, and where told `lastModified`, `hash`: in base 64."),
            CHECKSUM,
        ])
        .takes_bytes("application/offset+octet-stream")
        .answers(&[answer(201, "begun: `location` says where it goes on, `upload-offset` how far it is", Body::Empty)])
        .refuses(NOT_BEGUN);
pub(super) const LOOK: Call =
    Call::new(Verb::Get, "/intake/tus/{id}", "getUpload", "How far an upload is; clients ask by HEAD")
        .with(&[TUS])
        .answers(&[answer(200, "`upload-offset` says it", Body::Empty)])
        .refuses(&[NOT_FOUND, TUS_VERSION, BUSY]);
pub(super) const ADD: Call =
    Call::new(Verb::Patch, "/intake/tus/{id}", "addToUpload", "Adds bytes; the last one makes it a photo")
        .with(&[
            TUS,
            header("upload-offset", Value::Number(0, u64::MAX), "Where they belong; it is not optional."),
            CHECKSUM,
        ])
        .takes_bytes("application/offset+octet-stream")
        .answers(&[answer(
            204,
            "kept: `upload-offset` says how far it is, `x-kilat-state` what became of it",
            Body::Empty,
        )])
        .refuses(NOT_ADDED);
pub(super) const REMOVE: Call =
    Call::new(Verb::Delete, "/intake/tus/{id}", "removeUpload", "Gives an upload up; a photo that it became stays")
        .with(&[TUS])
        .answers(&[answer(204, "gone", Body::Empty)])
        .refuses(&[NOT_FOUND, TUS_VERSION, BUSY]);
