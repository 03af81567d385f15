//! The log, page by page: filters that an index answers, and the words of failures as text.

use data_encoding::BASE64URL_NOPAD;
use sqlx::{QueryBuilder, Row as _, Sqlite, sqlite::SqliteRow};

use super::{
    Ledger,
    read::{LOG, RequestRow, request_of},
};
use crate::StoreError;

/// The most rows of one page.
pub const MAX_PAGE: u32 = 1_000;

/// Which requests; all where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestFilter {
    /// Name of the key.
    pub key: Option<String>,
    /// The model that was asked for.
    pub model: Option<String>,
    /// `place/model` that answered.
    pub target: Option<String>,
    /// How it ended: `ok`, a code, or `failed` for everything but `ok`.
    pub outcome: Option<String>,
    /// Opened at this time (Unix milliseconds) or later.
    pub from_ms: Option<i64>,
    /// Opened before this time.
    pub to_ms: Option<i64>,
    /// Words of its failures: all of them, in any order, the last one perhaps only begun.
    pub words: Option<String>,
}

/// Some requests, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The requests.
    pub rows: Vec<RequestRow>,
    /// Where the next page begins; nothing where there is none.
    pub next: Option<String>,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The cursor is not one that this gateway gave for this filter.
    #[error("cursor: not one that a page of these filters gave; begin again without it")]
    Cursor,
    /// Nothing to look for is left of the words.
    #[error("q: give words or numbers to look for")]
    Words,
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for PageError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The last row of a page, in the order that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// When it was opened; for a search of words, the place of its words.
    first: i64,
    /// Which of those of that moment.
    second: i64,
}

impl Ledger {
    /// A page of the log.
    ///
    /// # Errors
    /// A cursor that is none, words without a word, a database that refuses.
    pub async fn page(
        &self,
        filter: &RequestFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page, PageError> {
        let after = cursor.map(|text| self.read_cursor(filter, text)).transpose()?;
        let limit = limit.clamp(1, MAX_PAGE);
        let mut text = match &filter.words {
            Some(words) => by_words(&phrases(words).ok_or(PageError::Words)?, after),
            None => by_time(after),
        };
        push_filter(&mut text, filter);
        text.push(match filter.words {
            Some(_) => " ORDER BY failure_words.rowid DESC LIMIT ",
            None => " ORDER BY requests.opened_ms DESC, requests.number DESC LIMIT ",
        });
        text.push_bind(i64::from(limit) + 1);
        let mut rows = text.build().fetch_all(&self.database.reader).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let last = rows.last().filter(|_| more).map(place_of);
        Ok(Page {
            rows: rows.iter().map(request_of).collect(),
            next: last.map(|place| self.write_cursor(filter, place)),
        })
    }

    fn write_cursor(&self, filter: &RequestFilter, place: Place) -> String {
        let mut bytes = Vec::with_capacity(24);
        bytes.extend_from_slice(&place.first.to_be_bytes());
        bytes.extend_from_slice(&place.second.to_be_bytes());
        let seal = self.secrets.seal_cursor(&format!("{filter:?}"), &bytes);
        bytes.extend_from_slice(&seal);
        BASE64URL_NOPAD.encode(&bytes)
    }

    fn read_cursor(&self, filter: &RequestFilter, text: &str) -> Result<Place, PageError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| PageError::Cursor)?;
        let (place, seal) = bytes.split_at_checked(16).ok_or(PageError::Cursor)?;
        if self.secrets.seal_cursor(&format!("{filter:?}"), place) != seal {
            return Err(PageError::Cursor);
        }
        let number = |half: &[u8]| half.try_into().map(i64::from_be_bytes);
        match (number(&place[..8]), number(&place[8..])) {
            (Ok(first), Ok(second)) => Ok(Place { first, second }),
            _ => Err(PageError::Cursor),
        }
    }
}

fn place_of(row: &SqliteRow) -> Place {
    Place { first: row.get("place_first"), second: row.get("place_second") }
}

fn by_time(after: Option<Place>) -> QueryBuilder<Sqlite> {
    let mut text = QueryBuilder::new(
        "SELECT requests.opened_ms AS place_first, requests.number AS place_second, ",
    );
    text.push(LOG).push(" WHERE TRUE");
    if let Some(Place { first, second }) = after {
        text.push(" AND (requests.opened_ms, requests.number) < (").push_bind(first);
        text.push(", ").push_bind(second).push(")");
    }
    text
}

fn by_words(phrases: &str, after: Option<Place>) -> QueryBuilder<Sqlite> {
    // The order of the join is the order of the words' places, newest first.
    let mut text =
        QueryBuilder::new("SELECT failure_words.rowid AS place_first, 0 AS place_second, ");
    let joined = "FROM failure_words CROSS JOIN requests ON requests.number = failure_words.rowid";
    text.push(LOG.replacen("FROM requests", joined, 1));
    text.push(" WHERE failure_words MATCH ").push_bind(phrases.to_owned());
    if let Some(Place { first, .. }) = after {
        text.push(" AND failure_words.rowid < ").push_bind(first);
    }
    text
}

fn push_filter(text: &mut QueryBuilder<Sqlite>, filter: &RequestFilter) {
    let mut is_named = |column: &str, wanted: &str| {
        text.push(" AND requests.").push(column);
        text.push(" = (SELECT id FROM names WHERE name = ").push_bind(wanted.to_owned()).push(")");
    };
    let equal = [("key", &filter.key), ("model", &filter.model), ("target", &filter.target)];
    for (column, wanted) in equal {
        if let Some(wanted) = wanted {
            is_named(column, wanted);
        }
    }
    match filter.outcome.as_deref() {
        None => {}
        Some("failed") => {
            text.push(" AND requests.outcome <> 1");
        }
        Some("ok") => {
            text.push(" AND requests.outcome = 1");
        }
        // The index is of those that did not end well, and says so.
        Some(code) => {
            is_named("outcome", code);
            text.push(" AND requests.outcome <> 1");
        }
    }
    if let Some(from_ms) = filter.from_ms {
        text.push(" AND requests.opened_ms >= ").push_bind(from_ms);
    }
    if let Some(to_ms) = filter.to_ms {
        text.push(" AND requests.opened_ms < ").push_bind(to_ms);
    }
}

/// Words as the text index asks for them: each one quoted, so that none is an operator or a
/// wildcard; the last may go on.
fn phrases(words: &str) -> Option<String> {
    let words: Vec<String> = words
        .split_whitespace()
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .take(16)
        .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
        .collect();
    (!words.is_empty()).then(|| format!("{}*", words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::phrases;

    #[test]
    fn words_are_words_and_nothing_else() {
        assert_eq!(phrases("quota used up").as_deref(), Some("\"quota\" \"used\" \"up\"*"));
        assert_eq!(phrases("a OR b*").as_deref(), Some("\"a\" \"OR\" \"b*\"*"));
        assert_eq!(phrases("say \"x\"").as_deref(), Some("\"say\" \"\"\"x\"\"\"*"));
        assert_eq!(phrases(" % _ \" "), None);
    }
}
