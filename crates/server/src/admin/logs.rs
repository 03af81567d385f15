//! The log of requests as lines: followed as they end, and whole days to take away.

use std::{convert::Infallible, io, path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::header;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tabway_store::ledger::{Feed, Heard};
use tokio::{io::AsyncReadExt, time::timeout};

use super::{error::ApiError, permit::Permit, strict::StrictQuery};
use crate::{
    app::App,
    config::ModelFilter,
    logs::{
        Line, Wanted,
        files::{self, Found, Kind},
    },
};

/// A comment goes out this often, so that nobody in between takes the silence for an end.
const BEAT: Duration = Duration::from_secs(15);

/// A piece of a file that is given.
const PIECE: usize = 64 << 10;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Followed {
    #[serde(default)]
    errors: bool,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    model: Option<String>,
}

/// Server-sent events: each request that ends, as a line of JSON; `lost` with a count where the
/// follower was too slow.
pub(super) async fn follow(
    _permit: Permit,
    State(app): State<Arc<App>>,
    StrictQuery(followed): StrictQuery<Followed>,
) -> Response {
    let models = ModelFilter::new(followed.model.map(|model| vec![model]));
    let wanted = Wanted { errors: followed.errors, key: followed.key, models };
    let feed = app.store.ledger().follow();
    // Said at once, so that who follows knows from when on.
    let first = Some(Bytes::from_static(b": following\n\n"));
    let events =
        stream::unfold((feed, wanted, app, first), |(mut feed, wanted, app, first)| async move {
            let event = match first {
                Some(first) => first,
                None => next(&mut feed, &wanted, &app).await?,
            };
            Some((Ok::<_, Infallible>(event), (feed, wanted, app, None)))
        });
    let head = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
    (head, Body::from_stream(events)).into_response()
}

/// The next event; nothing when the gateway stops.
async fn next(feed: &mut Feed, wanted: &Wanted, app: &App) -> Option<Bytes> {
    loop {
        let heard = tokio::select! {
            heard = timeout(BEAT, feed.next()) => heard,
            () = app.shutdown.draining() => return None,
        };
        let Ok(heard) = heard else { return Some(Bytes::from_static(b": still here\n\n")) };
        match heard? {
            Heard::Lost(count) => {
                return Some(format!("event: lost\ndata: {{\"lost\":{count}}}\n\n").into());
            }
            Heard::Ended(row) if wanted.takes(&row) => {
                let mut event = b"data: ".to_vec();
                Line::of(&row).write(&mut event);
                event.push(b'\n');
                return Some(event.into());
            }
            Heard::Ended(_) => {}
        }
    }
}

/// Days of which there are files.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Days {
    days: Vec<OneDay>,
}

/// The files of one.
#[derive(Debug, Serialize, JsonSchema)]
struct OneDay {
    /// `2026-11-21`, UTC.
    day: String,
    what: Kind,
    bytes: u64,
}

/// The days of which there are files.
pub(super) async fn days(
    _permit: Permit,
    State(app): State<Arc<App>>,
) -> Result<Json<Days>, ApiError> {
    let mut days: Vec<(Date, Kind, u64)> = Vec::new();
    for file in found(&app).await? {
        match days.last_mut().filter(|last| (last.0, last.1) == (file.day, file.kind)) {
            Some(last) => last.2 += file.bytes,
            None => days.push((file.day, file.kind, file.bytes)),
        }
    }
    let day = |(day, what, bytes): (Date, Kind, u64)| OneDay { day: day.to_string(), what, bytes };
    Ok(Json(Days { days: days.into_iter().map(day).collect() }))
}

fn usual() -> Kind {
    Kind::Requests
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Day {
    /// `2026-11-21`, UTC.
    day: String,
    #[serde(default = "usual")]
    what: Kind,
}

/// A day's lines, all of its files one behind the other.
pub(super) async fn download(
    _permit: Permit,
    State(app): State<Arc<App>>,
    StrictQuery(Day { day, what }): StrictQuery<Day>,
) -> Result<Response, ApiError> {
    let day: Date =
        day.parse().map_err(|_| ApiError::invalid("day: write it as 2026-11-21 (UTC)"))?;
    let files = found(&app).await?;
    let of_day = files.into_iter().filter(|file| file.day == day && file.kind == what);
    let mut paths: Vec<PathBuf> = of_day.map(|file| file.path).collect();
    if paths.is_empty() {
        return Err(ApiError::not_found("no lines of that day; see GET /api/logs/days"));
    }
    // The next one to read is at the end.
    paths.reverse();
    let pieces = stream::try_unfold((paths, None), |(mut paths, mut open)| async move {
        loop {
            let mut file = match open.take() {
                Some(file) => file,
                None => match paths.pop() {
                    Some(path) => tokio::fs::File::open(path).await?,
                    None => return Ok::<_, io::Error>(None),
                },
            };
            let mut piece = Vec::with_capacity(PIECE);
            if file.read_buf(&mut piece).await? > 0 {
                return Ok(Some((Bytes::from(piece), (paths, Some(file)))));
            }
        }
    });
    let name = format!("attachment; filename=\"tabway-{}-{day}.jsonl\"", what.name());
    let head = [
        (header::CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((head, Body::from_stream(pieces)).into_response())
}

async fn found(app: &App) -> Result<Vec<Found>, ApiError> {
    let data_dir = app.config().data_dir.clone();
    let listed = tokio::task::spawn_blocking(move || files::list(&data_dir)).await;
    let listed = listed.map_err(io::Error::other).and_then(|listed| listed);
    listed.map_err(|error| ApiError::unkept(format!("the folder of logs: {error}")))
}
