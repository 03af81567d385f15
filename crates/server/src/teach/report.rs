//! What was understood, in words for the person who taught it.

use tabway_dialects::site_chat::{DecoderSpec, Framing};
use tabway_protocol::{
    adapter::{Adapter, Locator, NewChat, Role},
    teach::LessonLine,
};

use super::trial::Trial;

/// How much of the answer is shown.
const HEAD: usize = 80;

/// How each part is found, and how the answer is read.
pub(super) fn lines(adapter: &Adapter) -> Vec<LessonLine> {
    let mut lines: Vec<LessonLine> = [Role::Composer, Role::Send, Role::Stop, Role::Answer]
        .into_iter()
        .map(|role| {
            let first = adapter.locators.get(&role).and_then(|list| list.first());
            line(role.word(), first.map_or_else(|| "not seen".to_owned(), in_short))
        })
        .collect();
    let fresh = match adapter.new_chat {
        NewChat::Click => "its button is pressed".to_owned(),
        NewChat::Navigate => format!("{} is opened", adapter.page.start),
    };
    lines.push(line("new chat", fresh));
    for tap in &adapter.tap {
        let kind = format!("{:?}", tap.transport).to_lowercase();
        let method = tap.method.as_deref().unwrap_or_default();
        lines.push(line("stream", format!("{kind} {method} {}", tap.path)));
    }
    lines.push(line("read as", reading(&adapter.answer)));
    lines
}

/// How the trial went.
pub(super) fn of_trial(trial: &Trial) -> Vec<LessonLine> {
    let head: String = trial.text.chars().take(HEAD).collect();
    let first = trial.first_text.map_or(0, |first| first.as_millis());
    vec![
        line("it says", head),
        line("first text", format!("after {first} ms, {} pieces", trial.pieces)),
        line("complete", format!("after {} ms", trial.whole.as_millis())),
    ]
}

fn line(what: &str, found: String) -> LessonLine {
    LessonLine { what: what.to_owned(), found }
}

fn in_short(locator: &Locator) -> String {
    let list = |kind: &str, list: &[String]| {
        list.first().map(|one| format!("{kind} \u{201c}{one}\u{201d}"))
    };
    let css = locator.css.clone();
    css.or_else(|| locator.test_id.as_ref().map(|id| format!("test id {id}")))
        .or_else(|| list("label", &locator.label))
        .or_else(|| list("placeholder", &locator.placeholder))
        .or_else(|| list("text", &locator.text))
        .or_else(|| locator.role.as_ref().map(|role| format!("role {role}")))
        .unwrap_or_default()
}

fn reading(answer: &DecoderSpec) -> String {
    let cut = |framing: Framing| format!("{framing:?}").to_lowercase();
    match answer {
        DecoderSpec::Records(spec) => {
            let places: Vec<&str> = spec.text.iter().map(|rule| rule.pointer.as_str()).collect();
            format!("records ({}), text at {}", cut(spec.framing), places.join(" and "))
        }
        DecoderSpec::Patches(spec) => format!("patches of a document ({})", cut(spec.framing)),
        DecoderSpec::Dom(_) => "what the page shows: no stream of it holds the answer".to_owned(),
    }
}
