//! Files in the shapes of other bridges: parts that OpenAI's API does not have, and lists of files
//! beside a message's content. They become what `image_url`, `input_audio` and `file` become.

use serde_json::{Map, Value};

use super::{content, decode::wrong};
use crate::chat::{Failure, Part};

/// Fields of a message that list files.
pub(super) const LISTS: [&str; 4] = ["attachments", "images", "files", "media"];

/// What the id of an uploaded file begins with.
const FILE_ID: &str = "file-";

/// A part that has one of those shapes; nothing where it has none.
pub(super) fn part(kind: &str, value: &Value, path: &str) -> Result<Option<Part>, Failure> {
    let of = |field: &str| named(&value[field], &format!("{path}.{field}"));
    match kind {
        // The other API of OpenAI has a text in `image_url` here.
        "input_image" if value["input_image"].is_null() => of("image_url").map(Some),
        "input_image" | "file_url" | "media_url" | "url" => of(kind).map(Some),
        "input_audio" => recorded(&value[kind], "audio", &format!("{path}.{kind}")).map(Some),
        "input_video" => recorded(&value[kind], "video", &format!("{path}.{kind}")).map(Some),
        _ => Ok(None),
    }
}

/// The files that stand beside the content of a message, or beside the messages.
pub(super) fn beside(
    fields: &mut Map<String, Value>,
    names: &[&str],
    path: Option<&str>,
) -> Result<Vec<Part>, Failure> {
    let mut parts = Vec::new();
    for name in names {
        let path = path.map_or_else(|| (*name).to_owned(), |path| format!("{path}.{name}"));
        match fields.remove(*name) {
            None | Some(Value::Null) => {}
            Some(Value::Array(list)) => {
                for (at, value) in list.into_iter().enumerate() {
                    parts.push(listed(value, &format!("{path}.{at}"))?);
                }
            }
            Some(_) => return Err(wrong(&path, "is not a list of files")),
        }
    }
    Ok(parts)
}

/// One of a list: an address, or an object that says where the file is or brings it.
fn listed(value: Value, path: &str) -> Result<Part, Failure> {
    // Some write a whole part, as it may stand in the content.
    if value["type"].as_str().is_some_and(|kind| value.get(kind).is_some()) {
        return match content::part(value, path)? {
            Part::Text(_) | Part::Refusal(_) | Part::Unknown { .. } => {
                Err(wrong(path, "is not a file"))
            }
            part => Ok(part),
        };
    }
    let text = |field: &str| value[field].as_str();
    for field in ["image_url", "input_image", "file_url", "media_url"] {
        if !value[field].is_null() {
            return named(&value[field], &format!("{path}.{field}"));
        }
    }
    let name = text("filename").or(text("name")).map(str::to_owned);
    if let Some(id) = text("file_id") {
        return Ok(Part::File { data: None, file_id: Some(id.to_owned()), name });
    }
    for field in ["data", "file_data"] {
        if let Some(data) = text(field) {
            let mime = text("mime_type").or(text("content_type"));
            return brought(data, mime, name, &format!("{path}.{field}"));
        }
    }
    named(&value, path)
}

/// An address, or an object with one in `url`.
fn named(value: &Value, path: &str) -> Result<Part, Failure> {
    let text = |field: &str| value[field].as_str().map(str::to_owned);
    let (address, path) = match value {
        Value::String(address) => (address.as_str(), path.to_owned()),
        Value::Object(_) => (value["url"].as_str().unwrap_or_default(), format!("{path}.url")),
        Value::Null => return Err(wrong(path, "is missing")),
        _ => return Err(wrong(path, "is not an address, and no object with a `url`")),
    };
    let address = address.trim();
    if address.is_empty() {
        return Err(wrong(&path, "is missing"));
    }
    Ok(addressed(address, text("filename").or_else(|| text("name")), text("detail")))
}

/// What an address is: a picture as data, an uploaded file, or any other file. What another address
/// leads to is not known here, and nothing is fetched to find out.
fn addressed(address: &str, name: Option<String>, detail: Option<String>) -> Part {
    if address.starts_with("data:image/") && name.is_none() {
        Part::Image { url: address.to_owned(), detail }
    } else if address.starts_with(FILE_ID) {
        Part::File { data: None, file_id: Some(address.to_owned()), name }
    } else {
        Part::File { data: Some(address.to_owned()), file_id: None, name }
    }
}

/// Sound or a film: by its address, or as base64 with its format.
fn recorded(value: &Value, family: &str, path: &str) -> Result<Part, Failure> {
    let text = |field: &str| value[field].as_str();
    let Some(data) = text("data") else {
        return match text("url") {
            Some(_) => named(value, path),
            None => Err(wrong(&format!("{path}.data"), "is missing")),
        };
    };
    let mime = match (text("mime_type"), text("format")) {
        _ if data.starts_with("data:") => None,
        (None, Some(format)) if family == "audio" => {
            return Ok(Part::Audio { data: data.to_owned(), format: format.to_owned() });
        }
        (Some(mime), _) => Some(mime.to_owned()),
        (None, Some("mov")) => Some("video/quicktime".to_owned()),
        (None, Some(format)) => Some(format!("{family}/{format}")),
        (None, None) => return Err(wrong(&format!("{path}.format"), "is missing")),
    };
    brought(data, mime.as_deref(), None, &format!("{path}.data"))
}

/// Bytes that came along: as a `data:` address, or base64 with its media type beside it.
fn brought(
    data: &str,
    mime: Option<&str>,
    name: Option<String>,
    path: &str,
) -> Result<Part, Failure> {
    if data.is_empty() {
        return Err(wrong(path, "is missing"));
    }
    let data = match mime {
        Some(mime) if !data.starts_with("data:") => {
            if !mime.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',' && byte != b';') {
                return Err(wrong(path, "has no media type beside it"));
            }
            format!("data:{mime};base64,{data}")
        }
        _ => data.to_owned(),
    };
    Ok(addressed(&data, name, None))
}
