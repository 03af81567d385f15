//! `POST /v1/files`: a multipart body, written to the disk as it comes.

use std::time::Duration;

use http::{HeaderMap, header};
use multer::{Constraints, Field, Multipart, SizeLimit};
use tabway_dialects::chat::{Failure, FailureClass};
use tabway_store::files::{Draft, NewFile, Room, StoredFile};

use super::{refused, shape::wrong};
use crate::{app::App, keys::Caller, media::kind};

/// What a form may hold beside its file, in bytes, and how many fields.
const MAX_FORM_BYTES: u64 = 64 << 10;
const MAX_FIELD_BYTES: u64 = 1 << 10;
const MAX_FIELDS: usize = 16;

/// What files are kept for: chat. Batches and fine-tuning are other services.
const PURPOSES: &[&str] = &["user_data", "vision", "assistants"];

/// The shortest and the longest life that OpenAI's API lets a client ask for, in seconds.
const LIVES: std::ops::RangeInclusive<u64> = 3_600..=2_592_000;

/// What a form says.
#[derive(Default)]
struct Form {
    file: Option<(Draft, String, String)>,
    purpose: Option<String>,
    life: Option<Duration>,
}

/// Keeps the file of a form.
///
/// # Errors
/// For a form that is none or too large, and where there is no room.
pub(super) async fn keep(
    app: &App,
    caller: &Caller,
    headers: &HeaderMap,
    body: axum::body::Body,
) -> Result<StoredFile, Failure> {
    let config = app.config_snapshot();
    let most = config.files.max_item_bytes;
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let declared: Option<u64> = declared.and_then(|length| length.parse().ok());
    if declared.is_some_and(|length| length > most.saturating_add(MAX_FORM_BYTES)) {
        return Err(too_large(most));
    }
    let _turn = app.uploading.try_acquire().map_err(|_| {
        Failure::new(FailureClass::Saturated, "too many files are being uploaded")
            .with_retry_after_ms(2_000)
    })?;
    let patience = config.limits.body_timeout;
    let read = tokio::time::timeout(patience, read(app, headers, body, most)).await;
    let form = read.map_err(|_| {
        let words = format!("the file did not come within {} s", patience.as_secs_f32());
        Failure::new(FailureClass::InvalidRequest, words)
    })??;
    let purpose = form.purpose.ok_or_else(|| wrong("purpose", "is missing; send `user_data`"))?;
    let (draft, name, mime) = form.file.ok_or_else(|| wrong("file", "is missing"))?;
    if draft.is_empty() {
        return Err(wrong("file", "is empty"));
    }
    let life = form.life.map_or(config.files.ttl, |life| life.min(config.files.ttl));
    let new = NewFile { owner: caller.owner(), name, mime, purpose, life };
    let room =
        Room::Refuse { most: config.files.max_bytes, most_of_owner: config.files.max_key_bytes };
    app.store.uploads().keep(draft, new, room).await.map_err(|error| refused(&error))
}

async fn read(
    app: &App,
    headers: &HeaderMap,
    body: axum::body::Body,
    most: u64,
) -> Result<Form, Failure> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let boundary = multer::parse_boundary(kind.unwrap_or_default()).map_err(|_| {
        Failure::new(FailureClass::InvalidRequest, "send the file as multipart/form-data")
    })?;
    let sizes = SizeLimit::new()
        .whole_stream(most.saturating_add(MAX_FORM_BYTES))
        .per_field(MAX_FIELD_BYTES)
        .for_field("file", most);
    let constraints = Constraints::new().size_limit(sizes);
    let stream = body.into_data_stream();
    let mut parts = Multipart::with_constraints(stream, boundary, constraints);
    let mut form = Form::default();
    let mut count = 0;
    while let Some(field) = parts.next_field().await.map_err(|error| broken(&error, most))? {
        count += 1;
        if count > MAX_FIELDS {
            let words = format!("a form has at most {MAX_FIELDS} fields");
            return Err(Failure::new(FailureClass::InvalidRequest, words));
        }
        take(app, &mut form, field, most).await?;
    }
    Ok(form)
}

async fn take(app: &App, form: &mut Form, field: Field<'_>, most: u64) -> Result<(), Failure> {
    let name = field.name().unwrap_or_default().to_owned();
    match name.as_str() {
        "file" if form.file.is_some() => return Err(wrong("file", "is there twice")),
        "file" => form.file = Some(written(app, field, most).await?),
        "purpose" => {
            let purpose = text(field, most).await?;
            if !PURPOSES.contains(&purpose.as_str()) {
                let words = "is one of user_data, vision, assistants: files are kept for chat";
                return Err(wrong("purpose", words));
            }
            form.purpose = Some(purpose);
        }
        "expires_after[anchor]" => {
            if text(field, most).await? != "created_at" {
                return Err(wrong("expires_after[anchor]", "is created_at"));
            }
        }
        "expires_after[seconds]" => {
            let seconds = text(field, most).await?.parse().ok().filter(|life| LIVES.contains(life));
            let words = "is a number from 3600 to 2592000";
            let seconds = seconds.ok_or_else(|| wrong("expires_after[seconds]", words))?;
            form.life = Some(Duration::from_secs(seconds));
        }
        // Fields of clients that know more than we do change nothing.
        _ => drop(text(field, most).await?),
    }
    Ok(())
}

/// Writes the file down; its name and media type.
async fn written(
    app: &App,
    mut field: Field<'_>,
    most: u64,
) -> Result<(Draft, String, String), Failure> {
    let name = kind::plain_name(field.file_name().unwrap_or_default());
    let said = field.content_type().map(|mime| kind::plain_mime(mime.as_ref()));
    let mut draft = app.store.uploads().draft().await.map_err(|error| refused(&error))?;
    while let Some(piece) = field.chunk().await.map_err(|error| broken(&error, most))? {
        draft.write(&piece).await.map_err(|error| refused(&error))?;
    }
    let mime = said.filter(|mime| mime != kind::OCTETS).unwrap_or_else(|| kind::by_name(&name));
    Ok((draft, name, mime))
}

async fn text(field: Field<'_>, most: u64) -> Result<String, Failure> {
    field.text().await.map_err(|error| broken(&error, most))
}

fn broken(error: &multer::Error, most: u64) -> Failure {
    match error {
        multer::Error::FieldSizeExceeded { field_name: Some(name), .. } if name != "file" => {
            wrong(name, "is too long")
        }
        multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => {
            too_large(most)
        }
        error => {
            Failure::new(FailureClass::InvalidRequest, "the form is not whole multipart/form-data")
                .with_internal(error.to_string())
        }
    }
}

fn too_large(most: u64) -> Failure {
    let words = format!("a file may have {most} bytes (`files.max_item_bytes`)");
    Failure::new(FailureClass::BodyTooLarge, words).with_param("file")
}
