//! What routing reads from a request's bytes, without parsing them.

use memchr::{memchr, memchr2, memmem};

/// Bytes that are counted as a token.
const BYTES_OF_TOKEN: usize = 4;

/// Tokens that an embedded file is counted as, however many bytes it has.
const TOKENS_OF_FILE: usize = 1_000;

/// How far the end of a conversation's beginning is looked for.
const FARTHEST: usize = 64 * 1024;

/// About how many tokens a request is, where that matters: `window` is the smallest context of the
/// targets. Only a body that may be too large is looked at.
pub(super) fn tokens(body: &[u8], window: u64) -> u64 {
    let most = body.len() / BYTES_OF_TOKEN;
    let whole = |tokens: usize| u64::try_from(tokens).unwrap_or(u64::MAX);
    if whole(most) <= window {
        return whole(most);
    }
    // Files are written in base64: many bytes, few tokens.
    let (mut left, mut bytes, mut files) = (body, 0, 0);
    while let Some(at) = memmem::find(left, b";base64,") {
        bytes += at;
        files += 1;
        left = memchr(b'"', &left[at..]).map_or(&[][..], |end| &left[at + end..]);
    }
    whole((bytes + left.len()) / BYTES_OF_TOKEN + files * TOKENS_OF_FILE)
}

/// The beginning of a conversation, from its `messages` as they are written: all up to the end of
/// the user's first message. It stays the same while the conversation grows.
pub(super) fn beginning(messages: &[u8]) -> &[u8] {
    let messages = &messages[..messages.len().min(FARTHEST)];
    let (mut at, mut depth, mut start) = (0, 0_u32, 0);
    while let Some(byte) = messages.get(at) {
        match byte {
            b'"' => at = end_of_text(messages, at + 1),
            b'{' | b'[' => {
                depth += 1;
                if depth == 2 {
                    start = at;
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 1 && is_users(&messages[start..=at]) {
                    return &messages[..=at];
                }
            }
            _ => {}
        }
        at += 1;
    }
    messages
}

/// Where the closing quote stands; the end where there is none.
fn end_of_text(json: &[u8], mut from: usize) -> usize {
    while let Some(found) = json.get(from..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        let at = from + found;
        if json[at] == b'"' {
            return at;
        }
        from = at + 2;
    }
    json.len()
}

fn is_users(message: &[u8]) -> bool {
    let Some(at) = memmem::find(message, b"\"role\"") else { return false };
    let rest = message[at + b"\"role\"".len()..].trim_ascii_start();
    let value = rest.strip_prefix(b":").map(<[u8]>::trim_ascii_start);
    value.is_some_and(|value| value.starts_with(b"\"user\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_ends_with_the_users_first_message_and_stays_the_same() {
        let first = r#"[{"role":"system","content":"say \"]}\\"}, {"content":[{"type":"text","text":"{[\"role\":\"user\""}], "role" : "user"}"#;
        for rest in ["]", r#",{"role":"assistant","content":"x"},{"role":"user","content":"y"}]"#] {
            let all = format!("{first}{rest}");
            assert_eq!(beginning(all.as_bytes()), first.as_bytes());
        }
        for odd in ["", "[", "[]", "null", "\"", "[{\"", "[\"\\", "}}]]", "[{}]"] {
            assert_eq!(beginning(odd.as_bytes()), odd.as_bytes());
        }
        let long = format!("[{{\"role\":\"user\",\"content\":\"{}\"}}]", "x".repeat(200_000));
        assert_eq!(beginning(long.as_bytes()).len(), FARTHEST);
    }

    #[test]
    fn files_are_few_tokens() {
        let text = "x".repeat(8_000);
        assert_eq!(tokens(text.as_bytes(), 10_000), 2_000);
        let file = format!("{text}\"data:image/png;base64,{}\"{text}", "A".repeat(400_000));
        let counted = tokens(file.as_bytes(), 10_000);
        assert!((5_000..5_100).contains(&counted), "{counted}");
        assert_eq!(tokens(b"data:;base64,AAAA", 1), 1 + 1_000);
    }
}
