//! Files that a request names and does not bring: uploads by their id, and our own media by their
//! address. They are given to a page as if they had come along.

use std::collections::BTreeMap;

use tabway_dialects::{
    chat::{ChatRequest, Failure, FailureClass, Part},
    site_chat::{Given, MAX_ATTACHED_BYTES},
};
use tabway_store::{Files, StoreError, files::StoredFile};

use crate::{call::admit::Call, media::address};

/// The files that the request names, by id or address.
///
/// # Errors
/// `not_found` for an id that this key does not have, `attachment_too_large` for more than a turn
/// may carry.
pub(super) async fn of(
    call: &Call,
    request: &ChatRequest,
) -> Result<BTreeMap<String, Given>, Failure> {
    let mut given = BTreeMap::new();
    let mut held = 0;
    for (part, path) in parts(request) {
        let Some((key, files, file)) = find(call, part, &path).await? else { continue };
        if given.contains_key(key) {
            continue;
        }
        held += file.bytes;
        if held > MAX_ATTACHED_BYTES as u64 {
            let words = format!("the files of a turn may have {MAX_ATTACHED_BYTES} bytes together");
            return Err(Failure::new(FailureClass::FileTooLarge, words).with_param(path));
        }
        let bytes = files.read(&file).await.map_err(|error| unreadable(&error))?.into();
        given.insert(key.to_owned(), Given { name: file.name, mime: file.mime, bytes });
    }
    Ok(given)
}

/// Each part, with the client's field.
fn parts(request: &ChatRequest) -> impl Iterator<Item = (&Part, String)> {
    let before = usize::from(!request.system.is_empty());
    request.messages.iter().enumerate().flat_map(move |(at, message)| {
        let path = move |part| format!("messages.{}.content.{part}", at + before);
        message.parts.iter().enumerate().map(move |(number, part)| (part, path(number)))
    })
}

/// What a part names: by which word, and where it is.
async fn find<'c>(
    call: &'c Call,
    part: &'c Part,
    path: &str,
) -> Result<Option<(&'c str, &'c Files, StoredFile)>, Failure> {
    let store = &call.worker.app.store;
    let (key, id, files) = match part {
        Part::File { data: None, file_id: Some(id), .. } => (id, id.as_str(), store.uploads()),
        Part::Image { url, .. } | Part::File { data: Some(url), .. } => {
            match address::id_in(&call.base, url) {
                Some(id) => (url, id, store.media()),
                None => return Ok(None),
            }
        }
        _ => return Ok(None),
    };
    let found = files.find(id).await.map_err(|error| unreadable(&error))?;
    // An address is all that a medium asks for; an upload is its key's.
    let is_upload = matches!(part, Part::File { data: None, .. });
    match found.filter(|file| !is_upload || file.owner == call.owner) {
        Some(file) => Ok(Some((key, files, file))),
        None => {
            let words = format!("`{path}` names a file that this key does not have, or no longer");
            Err(Failure::new(FailureClass::NotFound, words).with_param(path))
        }
    }
}

fn unreadable(error: &StoreError) -> Failure {
    Failure::new(FailureClass::Internal, "a file cannot be read").with_internal(error.to_string())
}
