//! What a turn on a page is taken to have used: counted by a tokenizer where this build has one and
//! the texts are short enough, else by their characters.

use tabway_dialects::{
    chat::{Delta, Event, Tokenizer, Usage},
    site_chat::estimate_usage,
};
use tokio::task::{JoinHandle, spawn_blocking};

/// The longest prompt or answer whose tokens are counted. At a release's speed that takes 10 to
/// 25 ms, on a thread where nothing waits but the answer's end.
const MOST_BYTES: usize = 256 << 10;

/// Counts the tokens of a text.
type Count = fn(&str) -> usize;

/// What this build counts with.
#[cfg(feature = "tokenizer")]
const OURS: Option<(Tokenizer, Count)> =
    Some((Tokenizer::O200kBase, |text| bpe_openai::o200k_base().count(text)));
#[cfg(not(feature = "tokenizer"))]
const OURS: Option<(Tokenizer, Count)> = None;

/// Reads along with a turn.
#[derive(Debug)]
pub(super) struct Meter {
    by: Option<(Tokenizer, Count)>,
    /// The prompt, being counted while the page answers.
    prompt: Option<JoinHandle<usize>>,
    /// The answer so far; none where it has become too long.
    answer: Option<String>,
}

impl Default for Meter {
    fn default() -> Self {
        Self::by(OURS)
    }
}

impl Meter {
    fn by(by: Option<(Tokenizer, Count)>) -> Self {
        Self { by, prompt: None, answer: None }
    }

    /// A turn begins; what was heard of one before it is forgotten.
    pub(super) fn begin(&mut self, prompt: &str) {
        let Some((_, count)) = self.by else { return };
        self.prompt = (prompt.len() <= MOST_BYTES).then(|| {
            let prompt = prompt.to_owned();
            spawn_blocking(move || count(&prompt))
        });
        self.hear_anew();
    }

    /// The answer is read again from its beginning.
    pub(super) fn hear_anew(&mut self) {
        self.answer = self.by.map(|_| String::new());
    }

    /// More of the answer, as the page has it.
    pub(super) fn hear(&mut self, events: &[Event]) {
        for event in events {
            let Some(answer) = &mut self.answer else { return };
            let Event::Delta { delta: Delta::Text(text), .. } = event else { continue };
            if answer.len() + text.len() > MOST_BYTES {
                self.answer = None;
            } else {
                answer.push_str(text);
            }
        }
    }

    /// What the turn used, now that its answer is whole.
    pub(super) async fn spent(&mut self, prompt: &str, answer_chars: u64) -> Usage {
        let estimate = estimate_usage(prompt, answer_chars);
        let texts = (self.by, self.prompt.take(), self.answer.take());
        let (Some((tokenizer, count)), Some(prompt), Some(answer)) = texts else {
            return estimate;
        };
        let answer = spawn_blocking(move || count(&answer));
        let (Ok(input), Ok(output)) = (prompt.await, answer.await) else { return estimate };
        let tokens = |count| u64::try_from(count).unwrap_or(u64::MAX);
        let tokenizer = Some(tokenizer);
        Usage { input: tokens(input), output: tokens(output), tokenizer, ..estimate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: (Tokenizer, Count) =
        (Tokenizer::O200kBase, |text| text.split_whitespace().count());

    fn delta(text: &str) -> Event {
        Event::Delta { part: 0, delta: Delta::Text(text.to_owned()) }
    }

    async fn turn(mut meter: Meter, prompt: &str, pieces: &[&str]) -> Usage {
        meter.begin(prompt);
        pieces.iter().for_each(|piece| meter.hear(&[delta(piece)]));
        let chars = pieces.iter().map(|piece| piece.chars().count() as u64).sum();
        meter.spent(prompt, chars).await
    }

    #[tokio::test]
    async fn without_a_tokenizer_characters_are_counted() {
        let spent = turn(Meter::by(None), "12345678", &["123", "4"]).await;
        assert_eq!((spent.input, spent.output, spent.tokenizer), (2, 1, None));
        assert!(spent.estimated);
    }

    #[tokio::test]
    async fn pieces_of_an_answer_are_counted_as_one_text() {
        let spent = turn(Meter::by(Some(WORDS)), "one two", &["thr", "ee fo", "ur"]).await;
        assert_eq!((spent.input, spent.output), (2, 2));
        assert_eq!((spent.estimated, spent.tokenizer), (true, Some(Tokenizer::O200kBase)));
    }

    #[tokio::test]
    async fn what_is_too_long_is_counted_by_characters() {
        let long = "a ".repeat(MOST_BYTES / 2 + 1);
        let prompt = turn(Meter::by(Some(WORDS)), &long, &["four"]).await;
        let answer = turn(Meter::by(Some(WORDS)), "four", &[&long[..100], &long]).await;
        assert_eq!((prompt.input, prompt.output, prompt.tokenizer), (65_537, 1, None));
        assert_eq!((answer.input, answer.tokenizer), (1, None));
    }

    #[tokio::test]
    async fn a_turn_is_counted_without_those_before_it() {
        let mut meter = Meter::by(Some(WORDS));
        meter.begin("one two three");
        meter.hear(&[delta("a lost answer")]);
        meter.begin("one");
        meter.hear(&[delta("a part")]);
        meter.hear_anew();
        meter.hear(&[delta("the whole answer then")]);
        let spent = meter.spent("one", 21).await;
        assert_eq!((spent.input, spent.output), (1, 4));
    }

    #[cfg(feature = "tokenizer")]
    #[tokio::test]
    async fn o200k_base_counts_as_its_makers_do() {
        let spent = turn(Meter::default(), "Hello, world!", &["tokeniz", "ation"]).await;
        assert_eq!((spent.input, spent.output), (4, 2));
        assert_eq!(spent.tokenizer, Some(Tokenizer::O200kBase));
        // What makes other tokenizers slow or fail: one long run of the same.
        for run in ["a", " ", "\u{4f60}", "\u{300}", "\u{1f600}"] {
            let text = run.repeat(MOST_BYTES / run.len());
            let spent = turn(Meter::default(), &text, &[&text]).await;
            assert_eq!(spent.input, spent.output);
            assert_eq!(spent.tokenizer, Some(Tokenizer::O200kBase), "{run:?}");
        }
    }

    #[cfg(not(feature = "tokenizer"))]
    #[tokio::test]
    async fn a_build_without_the_feature_counts_characters() {
        let spent = turn(Meter::default(), "Hello, world!", &["tokenization"]).await;
        assert_eq!((spent.input, spent.output, spent.tokenizer), (4, 3, None));
    }
}
