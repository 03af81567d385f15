//! Secrets in words that are kept: what looks like a credential is taken out, whosever it is.

/// How credentials of well-known services begin.
const BEGINNINGS: &[&str] = &[
    "sk-",
    "tw-",
    "pk-",
    "rk-",
    "gsk_",
    "xai-",
    "AIza",
    "ya29.",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "hf_",
    "AKIA",
    "ASIA",
    "eyJ",
    "xoxb-",
    "xoxp-",
    "r8_",
    "nvapi-",
];

/// Shorter than this it is a word.
const SHORTEST: usize = 12;

/// Words before a credential of any form.
const BEFORE: &[&str] = &["bearer", "basic"];

/// What stands in its place.
const GONE: &str = "[redacted]";

/// The words without what looks like a credential.
pub(crate) fn redact(words: &str) -> String {
    let mut plain = String::with_capacity(words.len());
    let mut rest = words;
    let mut expects = false;
    while !rest.is_empty() {
        let end = rest.find(|c| !of_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let announced = expects && word.len() >= SHORTEST;
        plain.push_str(if announced || looks_secret(word) { GONE } else { word });
        if !word.is_empty() {
            expects = BEFORE.iter().any(|one| word.eq_ignore_ascii_case(one));
        }
        let gap = after.find(of_word).unwrap_or(after.len());
        plain.push_str(&after[..gap]);
        rest = &after[gap..];
    }
    plain
}

/// Redacted words of so many bytes at the most, cut between characters.
pub(crate) fn bounded(words: &str, most: usize) -> String {
    // A credential that the cut goes through is redacted before.
    let mut plain = redact(words);
    if plain.len() > most {
        let mut end = most.saturating_sub('…'.len_utf8());
        while !plain.is_char_boundary(end) {
            end -= 1;
        }
        plain.truncate(end);
        plain.push('…');
    }
    plain
}

fn of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '+' | '/')
}

fn looks_secret(word: &str) -> bool {
    word.len() >= SHORTEST
        && BEGINNINGS.iter().any(|beginning| {
            word.match_indices(beginning).any(|(at, _)| {
                // In the middle of a word it is one only behind a separator, as in a path.
                let begins = at == 0 || !word.as_bytes()[at - 1].is_ascii_alphanumeric();
                begins && word.len() - at >= SHORTEST
            })
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn credentials_go_and_words_stay() {
        for secret in [
            "sk-canary-4b1d-0123456789",
            "AIzaSyA0123456789abcdef",
            "tw-abcdefghijklmnopqrstuvwxyz234567",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        ] {
            let told = redact(&format!(
                "Incorrect API key provided: {secret}. See https://x/?key={secret}&a=1"
            ));
            assert!(!told.contains(secret), "{told}");
            assert!(told.starts_with("Incorrect API key provided: [redacted]"), "{told}");
        }
        assert_eq!(
            redact("Authorization: Bearer abcdef0123456789"),
            "Authorization: Bearer [redacted]"
        );
        let plain = "the bearer of news: task-scheduler answered 503 (risk-free), sk-1";
        assert_eq!(redact(plain), plain);
        assert_eq!(redact("größe: sk-0123456789abcdef!"), "größe: [redacted]!");
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        assert_eq!(bounded("ääää", 6), "ä…");
        assert_eq!(bounded("abc", 3), "abc");
        assert_eq!(bounded("x sk-0123456789abcdef", 8), "x [re…");
    }

    proptest! {
        #[test]
        fn words_without_credentials_are_unchanged(words in "[ a-rA-R0-9äöü,;:!?()]{0,80}") {
            prop_assume!(!words.to_lowercase().contains("basic") && !words.contains("AKIA"));
            prop_assert_eq!(redact(&words), words);
        }
    }
}
