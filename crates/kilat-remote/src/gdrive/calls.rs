//! The single calls of Drive's API of version 3, and what a refusal means.

use std::io::Read;
use std::time::Duration;

use kilat_objects::StoreError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use ureq::Body;
use ureq::http::Response;

use super::kept::Keeper;
use super::token::Tokens;
use crate::address::percent_encoded;
use crate::buffers::Buffers;
use crate::http::{Call, Line, Payload, Refused};
use crate::{DriveAddress, OpenError, Secrets};

/// What a folder is to Drive.
pub(super) const FOLDER: &str = "application/vnd.google-apps.folder";
/// What is asked of every file.
pub(super) const FIELDS: &str = "id,name,mimeType,size,sha256Checksum,createdTime,modifiedTime,parents,trashed,driveId";
/// Longest answer about files: a page of 1,000 of them.
const MAX_ANSWER: u64 = 8 * 1024 * 1024;
/// A day's quota is over: Google counts days, so an hour more is soon enough.
const NEXT_HOUR: Duration = Duration::from_secs(3_600);

/// A file or folder.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DriveFile {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) mime_type: String,
    /// Digits; none for what has no bytes of its own.
    size: Option<String>,
    pub(super) sha256_checksum: Option<String>,
    #[serde(default)]
    pub(super) created_time: String,
    pub(super) modified_time: Option<String>,
    #[serde(default)]
    pub(super) parents: Vec<String>,
    #[serde(default)]
    pub(super) trashed: bool,
    /// The shared drive it is in.
    pub(super) drive_id: Option<String>,
}

impl DriveFile {
    pub(super) fn is_folder(&self) -> bool {
        self.mime_type == FOLDER
    }

    pub(super) fn size_bytes(&self) -> Option<u64> {
        self.size.as_ref()?.parse().ok()
    }
}

/// A page of a list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page {
    pub(super) next_page_token: Option<String>,
    pub(super) files: Vec<DriveFile>,
}

/// What is said of room.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct About {
    pub(super) storage_quota: Quota,
}

/// Digits, as Drive writes large numbers.
#[derive(Debug, Deserialize)]
pub(super) struct Quota {
    /// None where there is no limit.
    pub(super) limit: Option<String>,
    pub(super) usage: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: Details,
}

#[derive(Deserialize)]
struct Details {
    #[serde(default)]
    errors: Vec<Reason>,
}

#[derive(Deserialize)]
struct Reason {
    reason: String,
}

/// A refusal that callers tell apart.
#[derive(Debug)]
pub(super) enum No {
    /// 404, 410: it is not there, or an upload's session has ended.
    NotThere,
    /// Anything else.
    Fault(StoreError),
}

impl From<StoreError> for No {
    fn from(error: StoreError) -> Self {
        Self::Fault(error)
    }
}

impl No {
    pub(super) fn fault(self, line: Line<'_>, what: &'static str) -> StoreError {
        match self {
            Self::Fault(error) => error,
            Self::NotThere => line.cut(what, std::io::Error::other("it or a folder around it is not there")),
        }
    }
}

/// Google, or what stands for it in a test, and who calls it.
pub(super) struct Api {
    origin: String,
    tokens: Tokens,
    pub(super) keeper: Keeper,
    pub(super) buffers: Buffers,
}

/// A call.
pub(super) struct Ask<'a> {
    pub(super) what: &'static str,
    pub(super) method: &'static str,
    pub(super) url: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Option<&'a [u8]>,
    /// Bytes that the answer may have.
    pub(super) answer_bytes: u64,
}

impl Api {
    pub(super) fn new(address: &DriveAddress, secrets: &Secrets) -> Result<Self, OpenError> {
        let (origin, token) = match &address.endpoint {
            Some(own) => (own.clone(), format!("{own}/token")),
            None => ("https://www.googleapis.com".to_owned(), "https://oauth2.googleapis.com/token".to_owned()),
        };
        let keeper = Keeper::new(secrets.get("refresh_token").unwrap_or_default().trim());
        Ok(Self { origin, tokens: Tokens::new(token, secrets)?, keeper, buffers: Buffers::default() })
    }

    pub(super) fn is_tls(&self) -> bool {
        self.origin.starts_with("https:")
    }

    /// Whether an address is one of the same server: no token goes to another.
    pub(super) fn is_own(&self, url: &str) -> bool {
        url.strip_prefix(&self.origin).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The address of a call, with what every call says.
    pub(super) fn url(&self, path: &str, query: &[(&str, &str)]) -> String {
        let mut url = format!("{}{path}?supportsAllDrives=true", self.origin);
        for (name, value) in query {
            url.push_str(&format!("&{name}={}", percent_encoded(value, false)));
        }
        url
    }

    /// Makes a call; answers with 2xx, or with 308, which says that an upload is not whole yet.
    pub(super) fn ask(&self, line: Line<'_>, ask: &Ask<'_>) -> Result<Response<Body>, No> {
        let mut is_renewed = false;
        loop {
            let token = self.tokens.get(line)?;
            let mut headers = ask.headers.clone();
            headers.push(("authorization", format!("Bearer {}", token.as_str())));
            let payload = ask.body.map_or(Payload::Empty, Payload::Bytes);
            let call = Call { what: ask.what, method: ask.method, url: ask.url.clone(), headers, payload };
            let answer = line.fetch(call, ask.answer_bytes)?;
            match answer.status().as_u16() {
                200..=299 | 308 => return Ok(answer),
                401 if !is_renewed => {
                    self.tokens.forget(&token);
                    is_renewed = true;
                }
                _ => {
                    let refused = line.complaint(answer);
                    tracing::debug!(status = refused.status, what = ask.what, "a call was refused");
                    return Err(meaning(line, ask.what, &refused));
                }
            }
        }
    }

    /// A call with JSON in its answer, and perhaps in its body.
    pub(super) fn json<T: DeserializeOwned>(
        &self,
        line: Line<'_>,
        what: &'static str,
        method: &'static str,
        url: String,
        body: Option<&serde_json::Value>,
    ) -> Result<T, No> {
        let bytes = body.map(|body| body.to_string().into_bytes());
        let headers = vec![("content-type", "application/json; charset=UTF-8".to_owned())];
        let answer_bytes = MAX_ANSWER;
        let ask = Ask { what, method, url, headers, body: bytes.as_deref(), answer_bytes };
        let text = read(line, what, self.ask(line, &ask)?)?;
        serde_json::from_slice(&text).map_err(|error| line.cut(what, error.into()).into())
    }

    /// A file as Drive knows it.
    pub(super) fn file(&self, line: Line<'_>, id: &str) -> Result<DriveFile, No> {
        let url = self.url(&path_of(id), &[("fields", FIELDS)]);
        self.json(line, "look at", "GET", url, None)
    }

    /// Tells `each` page of what stands in a folder, of one name or of all.
    pub(super) fn pages(
        &self,
        line: Line<'_>,
        folder: &str,
        name: Option<&str>,
        mut each: impl FnMut(Vec<DriveFile>) -> bool,
    ) -> Result<(), No> {
        let mut query = format!("'{}' in parents and trashed = false", quoted(folder));
        if let Some(name) = name {
            query.push_str(&format!(" and name = '{}'", quoted(name)));
        }
        let fields = format!("nextPageToken,files({FIELDS})");
        let mut next = None;
        loop {
            let mut pairs = vec![
                ("q", query.as_str()),
                ("fields", fields.as_str()),
                ("pageSize", "1000"),
                ("includeItemsFromAllDrives", "true"),
            ];
            pairs.extend(next.as_deref().map(|token| ("pageToken", token)));
            let page: Page = self.json(line, "look into", "GET", self.url("/drive/v3/files", &pairs), None)?;
            next = page.next_page_token;
            if !each(page.files) || next.is_none() {
                return Ok(());
            }
        }
    }

    /// All of one name in a folder, the oldest first. Drive's comparison may be wider than ours.
    pub(super) fn named(&self, line: Line<'_>, folder: &str, name: &str) -> Result<Vec<DriveFile>, No> {
        let mut found = Vec::new();
        self.pages(line, folder, Some(name), |files| {
            found.extend(files.into_iter().filter(|file| file.name == name));
            true
        })?;
        found.sort_by(|a, b| (&a.created_time, &a.id).cmp(&(&b.created_time, &b.id)));
        Ok(found)
    }

    /// Removes a file of our own; where only its owner may delete, it goes to the trash.
    pub(super) fn remove(&self, line: Line<'_>, id: &str) {
        let what = "remove from";
        let url = self.url(&path_of(id), &[]);
        let ask = Ask { what, method: "DELETE", url, headers: Vec::new(), body: None, answer_bytes: 0 };
        let trashed = match self.ask(line, &ask) {
            Ok(_) | Err(No::NotThere) => return,
            Err(No::Fault(StoreError::Denied { .. })) => self.trash(line, id),
            Err(other) => Err(other),
        };
        if let Err(other) = trashed {
            let error = other.fault(line, what);
            tracing::debug!(%error, "a temporary stays until the next sweep");
        }
    }

    /// Puts a file or folder into the trash, from where people can take it back.
    pub(super) fn trash(&self, line: Line<'_>, id: &str) -> Result<(), No> {
        let (url, body) = (self.url(&path_of(id), &[("fields", "id")]), serde_json::json!({ "trashed": true }));
        self.json(line, "remove from", "PATCH", url, Some(&body)).map(|_: DriveFile| ())
    }
}

/// The path of a file's calls.
pub(super) fn path_of(id: &str) -> String {
    format!("/drive/v3/files/{}", percent_encoded(id, false))
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}

/// The bytes of a short answer.
pub(super) fn read(line: Line<'_>, what: &'static str, answer: Response<Body>) -> Result<Vec<u8>, StoreError> {
    let mut text = Vec::new();
    line.body(answer).take(MAX_ANSWER).read_to_end(&mut text).map_err(|error| line.cut(what, error))?;
    Ok(text)
}

fn meaning(line: Line<'_>, what: &'static str, refused: &Refused) -> No {
    let place = line.place();
    let parsed: Option<Refusal> = serde_json::from_str(&refused.text).ok();
    let reason = parsed.and_then(|refusal| refusal.error.errors.into_iter().next()).map_or(String::new(), |r| r.reason);
    let unusable = |why: &str| StoreError::Unusable { place: place.clone(), why: why.to_owned() };
    No::Fault(match (refused.status, reason.as_str()) {
        (404 | 410, _) => return No::NotThere,
        (401, _) => StoreError::Credentials {
            place,
            why: "Google refused the access it had just given: get a new refresh token".to_owned(),
        },
        (403 | 429, "rateLimitExceeded" | "userRateLimitExceeded" | "sharingRateLimitExceeded") => {
            StoreError::Busy { place, after: refused.after }
        }
        (403, "dailyLimitExceeded") => StoreError::Busy { place, after: Some(refused.after.unwrap_or(NEXT_HOUR)) },
        (403, "storageQuotaExceeded" | "quotaExceeded" | "teamDriveFileLimitExceeded") => StoreError::Full { place },
        (403, "numChildrenInNonRootLimitExceeded") => {
            unusable("Google lets no more files into one folder: name another folder")
        }
        (403, "accessNotConfigured") => {
            unusable("the Google Drive API is off in the client's project: enable it in the Google Cloud console")
        }
        (403, "insufficientPermissions") => StoreError::Credentials {
            place,
            why: "the refresh token does not allow Drive: get one with the scope drive.file or drive".to_owned(),
        },
        (_, reason) => refused.fault(&place, what, reason),
    })
}
