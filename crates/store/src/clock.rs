//! The one place that asks for the time and makes ids.

use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

/// Unix milliseconds.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A fresh id that sorts by time.
pub(crate) fn new_uuid() -> Uuid {
    Uuid::now_v7()
}
