//! Files of a request that go into a page: pictures, documents and sound that came as data.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use data_encoding::{BASE64, BASE64_NOPAD};

use crate::chat::{Failure, FailureClass, Part};

/// A file that is added to the prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name, unlike that of any other of the prompt.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// Its bytes.
    pub bytes: Bytes,
    /// The client's field, for failures.
    pub path: String,
}

/// A file that the request names and that is at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// The most bytes of a prompt's files together: what a browser holds in memory for a turn.
pub const MAX_ATTACHED_BYTES: usize = 64 << 20;

/// Collects the files of one prompt.
#[derive(Debug, Default)]
pub(super) struct Attachments {
    pub(super) files: Vec<Attachment>,
    names: BTreeSet<String>,
    /// Files at hand, by the id or address under which a part names them.
    given: BTreeMap<String, Given>,
}

impl Attachments {
    pub(super) fn with(given: BTreeMap<String, Given>) -> Self {
        Self { given, ..Self::default() }
    }

    /// Adds a part that is a file; its name. `None` where the part is none.
    ///
    /// # Errors
    /// `unsupported_by_target` for what would have to be fetched first, `invalid_request` for data
    /// that is not base64, `attachment_too_large` for more than a turn may carry.
    pub(super) fn add(&mut self, part: &Part, path: &str) -> Result<Option<String>, Failure> {
        let (kind, name, (mime, bytes)) = match part {
            Part::Image { url, .. } => match self.given.get(url) {
                Some(file) => ("image", Some(file.name.as_str()), at_hand(file)),
                None => ("image", None, data_of(url, path)?),
            },
            Part::File { data: Some(data), name, .. } => match self.given.get(data) {
                Some(file) => {
                    ("file", Some(name.as_ref().unwrap_or(&file.name).as_str()), at_hand(file))
                }
                None => ("file", name.as_deref(), file_data(data, path)?),
            },
            Part::File { file_id, name, .. } => {
                let Some(file) = file_id.as_ref().and_then(|id| self.given.get(id)) else {
                    return Err(wrong(path, "names a file that is not here"));
                };
                ("file", Some(name.as_ref().unwrap_or(&file.name).as_str()), at_hand(file))
            }
            Part::Audio { data, format } => {
                ("audio", None, (format!("audio/{format}"), decoded(data, path)?))
            }
            _ => return Ok(None),
        };
        let held: usize = self.files.iter().map(|file| file.bytes.len()).sum();
        if held + bytes.len() > MAX_ATTACHED_BYTES {
            let words = format!("the files of a turn may have {MAX_ATTACHED_BYTES} bytes together");
            return Err(Failure::new(FailureClass::FileTooLarge, words).with_param(path));
        }
        let name = name.map(plain_name).filter(|name| !name.is_empty());
        let name = name
            .unwrap_or_else(|| format!("{kind}-{}.{}", self.files.len() + 1, extension_of(&mime)));
        let name = self.unlike_others(name);
        let file = Attachment { name: name.clone(), mime, bytes, path: path.to_owned() };
        self.files.push(file);
        Ok(Some(name))
    }

    fn unlike_others(&mut self, name: String) -> String {
        let (stem, extension) = match name.rsplit_once('.') {
            Some((stem, extension)) => (stem.to_owned(), format!(".{extension}")),
            None => (name.clone(), String::new()),
        };
        let mut unlike = name;
        let mut number = 1;
        while !self.names.insert(unlike.clone()) {
            number += 1;
            unlike = format!("{stem}-{number}{extension}");
        }
        unlike
    }
}

fn at_hand(file: &Given) -> (String, Bytes) {
    (file.mime.clone(), file.bytes.clone())
}

/// A `data:` address as media type and bytes.
fn data_of(url: &str, path: &str) -> Result<(String, Bytes), Failure> {
    let Some(rest) = url.strip_prefix("data:") else {
        let words = "a chat page takes data only: nothing is fetched by its address for it; send \
                     `data:image/png;base64,...`";
        return Err(Failure::new(FailureClass::Unsupported, words).with_param(path));
    };
    let Some((head, data)) = rest.split_once(',') else {
        return Err(wrong(path, "is not a `data:` address"));
    };
    let Some(mime) = head.strip_suffix(";base64") else {
        return Err(wrong(path, "is a `data:` address without base64"));
    };
    let mime = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mime = if mime.is_empty() { "application/octet-stream".to_owned() } else { mime };
    Ok((mime, decoded(data, path)?))
}

/// `file_data`: a `data:` address, or base64 alone as some clients send it.
fn file_data(data: &str, path: &str) -> Result<(String, Bytes), Failure> {
    if data.starts_with("data:") || data.contains("://") {
        return data_of(data, path);
    }
    Ok(("application/octet-stream".to_owned(), decoded(data, path)?))
}

fn decoded(data: &str, path: &str) -> Result<Bytes, Failure> {
    let encoding = if data.ends_with('=') { BASE64 } else { BASE64_NOPAD };
    // Padding may be left out; whole groups need none and fit both.
    match encoding.decode(data.trim().as_bytes()) {
        Ok(bytes) if bytes.is_empty() => Err(wrong(path, "is empty")),
        Ok(bytes) => Ok(bytes.into()),
        Err(_) => Err(wrong(path, "is not base64")),
    }
}

fn wrong(path: &str, words: &str) -> Failure {
    Failure::new(FailureClass::InvalidRequest, format!("`{path}` {words}")).with_param(path)
}

/// A name without folders and control characters.
fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    last.chars().filter(|c| !c.is_control()).take(120).collect()
}

/// What a name ends in by its media type: pages judge files by it.
fn extension_of(mime: &str) -> String {
    let subtype = mime.split_once('/').map_or(mime, |(_, subtype)| subtype);
    match subtype {
        "jpeg" => "jpg".to_owned(),
        "plain" => "txt".to_owned(),
        "mpeg" => "mp3".to_owned(),
        "svg+xml" => "svg".to_owned(),
        "quicktime" => "mov".to_owned(),
        "octet-stream" => "bin".to_owned(),
        other => other.chars().filter(char::is_ascii_alphanumeric).take(8).collect(),
    }
}
