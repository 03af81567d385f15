//! Request ids: ours for every request, the client's own beside it.

use std::{
    cell::RefCell,
    time::{SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderValue};
use tabway_dialects::ids::RequestId;
use uuid::{Builder, Uuid};

/// The longest id that a client may bring.
const MAX_CLIENT_ID: usize = 128;

/// Random bytes drawn at once: a system call for each request would be a cost of its own.
const POOL_BYTES: usize = 1_000;

thread_local! {
    static POOL: RefCell<(usize, [u8; POOL_BYTES])> = const { RefCell::new((POOL_BYTES, [0; POOL_BYTES])) };
}

/// A fresh id: UUID of version 7, milliseconds and 74 random bits.
pub(crate) fn new_request_id() -> RequestId {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let millis = u64::try_from(millis).unwrap_or(0);
    let uuid = match random() {
        Some(random) => Builder::from_unix_timestamp_millis(millis, &random).into_uuid(),
        None => Uuid::now_v7(),
    };
    RequestId::from_uuid(uuid)
}

fn random() -> Option<[u8; 10]> {
    POOL.with_borrow_mut(|(used, pool)| {
        if *used + 10 > POOL_BYTES {
            aws_lc_rs::rand::fill(pool).ok()?;
            *used = 0;
        }
        let mut random = [0; 10];
        random.copy_from_slice(&pool[*used..*used + 10]);
        *used += 10;
        Some(random)
    })
}

/// The client's `x-request-id` where it is short and plain; it is echoed and recorded, never acted
/// on.
pub(crate) fn client_request_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let value = headers.get("x-request-id")?;
    let plain = value.as_bytes().iter().all(u8::is_ascii_graphic);
    (plain && !value.is_empty() && value.len() <= MAX_CLIENT_ID).then(|| value.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_differ_and_sort_by_time() {
        let ids: Vec<RequestId> = (0..1_000).map(|_| new_request_id()).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        assert!(ids.iter().all(|id| id.uuid().get_version_num() == 7));
        assert!(ids[0].to_string().starts_with("req_"));
    }

    #[test]
    fn a_client_id_is_short_and_plain() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-request-id", HeaderValue::from_str(text).unwrap());
            client_request_id(&headers)
        };
        assert_eq!(of("abc-1").unwrap(), "abc-1");
        assert!(of("a b").is_none());
        assert!(of(&"x".repeat(129)).is_none());
        assert!(of("").is_none());
    }
}
