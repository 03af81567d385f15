//! Whether a decoded text is the one that the page shows. The page shows it without its Markdown, and
//! may number lists and name languages by itself.

/// How much of two texts may differ.
const SLACK: f64 = 0.1;

/// The longest text that is compared letter by letter, in characters.
const MOST: usize = 2_000;

/// A text as it is compared: letters and digits alone, without case.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How alike two plain texts are, from 0 to 1; 0 where it is not enough to be the same.
pub(super) fn alike(one: &str, other: &str) -> f64 {
    if one.is_empty() || other.is_empty() {
        return 0.0;
    }
    if one == other {
        return 1.0;
    }
    let (a, b) = (one.chars().count(), other.chars().count());
    let (few, many) = (a.min(b), a.max(b));
    #[expect(clippy::cast_precision_loss, reason = "lengths of texts")]
    let near = few as f64 / many as f64;
    if near < 1.0 - SLACK {
        return 0.0;
    }
    let head = |text: &str| text.chars().take(MOST).collect::<String>();
    let likeness = strsim::normalized_levenshtein(&head(one), &head(other));
    if likeness < 1.0 - SLACK { 0.0 } else { likeness }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_and_space_make_no_difference_and_words_do() {
        let shown = plain("You said:\nfn main() {}\n漢字 é");
        assert_eq!(alike(&plain("You **said**:\n\n```\nfn main() {}\n```\n漢字 é"), &shown), 1.0);
        assert_eq!(alike(&plain("Something else that is about as long"), &shown), 0.0);
        assert_eq!(alike("", &shown), 0.0);
        // A language's name above a block of code.
        let long = "word ".repeat(40);
        assert!(alike(&plain(&format!("{long} rust")), &plain(&long)) > 0.9);
    }
}
