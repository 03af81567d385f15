//! The adapter that a lesson describes, new or in place of a broken one, and its text.

use std::collections::BTreeMap;

use tabway_dialects::site_chat::{DecoderSpec, DomSpec};
use tabway_protocol::{
    adapter::{
        AcceptedProof, Adapter, Composer, Limits, Locator, LongPrompt, Models, NewChat, Page,
        Probe, Role, SCHEMA_VERSION, SelfTest, Send, SendStep, Signals, Target,
    },
    teach::Lesson,
};

use super::understand::{Understood, is_id, still_reads, understand};

/// The longest name that is made of a title.
const MOST_NAME: usize = 40;

/// Why a lesson makes no adapter.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unteachable {
    /// Something that every adapter needs was not shown.
    #[error("{0}")]
    Missing(&'static str),
    /// What was made is not an adapter after all.
    #[error("what was understood is not an adapter: {0}")]
    Adapter(#[from] tabway_protocol::adapter::AdapterError),
    /// It cannot be written as TOML.
    #[error("what was understood cannot be written down: {0}")]
    Text(#[from] toml::ser::Error),
}

/// What a lesson comes to.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) adapter: Adapter,
    pub(super) text: String,
}

/// Makes an adapter of a lesson; `broken` is the one that is to be repaired.
pub(super) fn make(
    lesson: &Lesson,
    broken: Option<&Adapter>,
    name: &str,
) -> Result<Made, Unteachable> {
    for (role, words) in [
        (Role::Composer, "the field in which you type was not found"),
        (Role::Answer, "the answer was not found"),
    ] {
        if lesson.locators.get(&role).is_none_or(Vec::is_empty) {
            return Err(Unteachable::Missing(words));
        }
    }
    let adapter = match broken {
        Some(broken) => repaired(lesson, broken),
        None => fresh(lesson, name),
    };
    let text = text_of(&adapter, &lesson.origin)?;
    // What is tried is what will be kept.
    Ok(Made { adapter: Adapter::parse(&text)?, text })
}

fn fresh(lesson: &Lesson, name: &str) -> Adapter {
    let locators = locators(lesson);
    let found = understand(&lesson.streams, &lesson.answer);
    let send = send(lesson, &locators, found.is_some());
    let signals = signals(lesson, &locators);
    let (tap, answer) = carried(found);
    let title = Some(lesson.title.trim()).filter(|title| !title.is_empty());
    Adapter {
        schema: SCHEMA_VERSION,
        name: name.to_owned(),
        title: title.unwrap_or(&lesson.origin).to_owned(),
        revision: 1,
        verified: None,
        terms: "Taught by its user, who knows the page's terms or asks whoever runs it.".to_owned(),
        official_api: None,
        page: Page {
            start: start(lesson),
            origins: vec![],
            deny: vec![],
            proof: locators.get(&Role::Composer).cloned().unwrap_or_default(),
            needs_visible: false,
        },
        composer: Composer {
            kind: lesson.composer,
            mirror_attribute: None,
            long_prompt: LongPrompt::default(),
        },
        send,
        new_chat: new_chat(&locators),
        temporary_chat: false,
        signals,
        tap,
        answer,
        locators,
        models: Models::default(),
        modes: vec![],
        parameters: BTreeMap::new(),
        tools: None,
        files: None,
        media: vec![],
        overlays: vec![],
        limits: Limits::default(),
        self_test: SelfTest::default(),
    }
}

/// The broken adapter with what was shown anew; its stream is kept where it still gives the answer.
fn repaired(lesson: &Lesson, broken: &Adapter) -> Adapter {
    let mut adapter = broken.clone();
    adapter.verified = None;
    adapter.composer.kind = lesson.composer;
    adapter.locators.extend(locators(lesson));
    let reads = match &adapter.answer {
        DecoderSpec::Dom(_) => true,
        answer => still_reads(&adapter.tap, answer, &lesson.streams, &lesson.answer),
    };
    if !reads {
        (adapter.tap, adapter.answer) = carried(understand(&lesson.streams, &lesson.answer));
        if adapter.tap.is_empty() {
            adapter.send = send(lesson, &adapter.locators, false);
            adapter.locators.remove(&Role::AnswerBody);
            without_statuses(&mut adapter.signals);
        }
    }
    if !adapter.send.by.contains(&lesson.sent_by) {
        adapter.send.by.insert(0, lesson.sent_by);
    }
    if lesson.locators.contains_key(&Role::NewChat) {
        adapter.new_chat = NewChat::Click;
    }
    // A page is known by what was there; one that changed is known by what is there now.
    if !adapter.page.proof.is_empty() {
        let composer = adapter.locators.get(&Role::Composer).cloned().unwrap_or_default();
        let fresh = composer.into_iter().filter(|one| !broken.page.proof.contains(one));
        adapter.page.proof.extend(fresh);
    }
    adapter
}

/// Nothing is known of statuses where no stream is read.
fn without_statuses(signals: &mut Signals) {
    for probes in [
        &mut signals.signed_out,
        &mut signals.challenge,
        &mut signals.consent,
        &mut signals.rate_limited,
        &mut signals.quota,
        &mut signals.maintenance,
        &mut signals.outdated,
        &mut signals.moderated,
        &mut signals.error,
        &mut signals.done,
    ] {
        probes.retain(|probe| probe.tap_status.is_none());
    }
}

fn locators(lesson: &Lesson) -> BTreeMap<Role, Vec<Locator>> {
    let shown = lesson.locators.iter().filter(|(_, list)| !list.is_empty());
    shown.map(|(role, list)| (*role, list.clone())).collect()
}

fn carried(found: Option<Understood>) -> (Vec<tabway_protocol::adapter::Tap>, DecoderSpec) {
    match found {
        Some(Understood { tap, answer, .. }) => (vec![tap], answer),
        None => (vec![], DecoderSpec::Dom(DomSpec::default())),
    }
}

fn start(lesson: &Lesson) -> String {
    let is_chat = |path: &str| path.split('/').any(is_id);
    match lesson.seen.fresh && lesson.path.starts_with('/') && !is_chat(&lesson.path) {
        true => lesson.path.clone(),
        false => "/".to_owned(),
    }
}

fn new_chat(locators: &BTreeMap<Role, Vec<Locator>>) -> NewChat {
    if locators.contains_key(&Role::NewChat) { NewChat::Click } else { NewChat::Navigate }
}

fn send(lesson: &Lesson, locators: &BTreeMap<Role, Vec<Locator>>, tapped: bool) -> Send {
    let by = match locators.contains_key(&Role::Send) {
        // One way alone: pressed again, the button may be Stop by then.
        true if lesson.sent_by == SendStep::Click => vec![SendStep::Click],
        true => vec![lesson.sent_by, SendStep::Click],
        false if lesson.sent_by == SendStep::Click => vec![SendStep::Enter],
        false => vec![lesson.sent_by],
    };
    let mut accepted = Vec::new();
    if tapped {
        accepted.push(AcceptedProof::TapOpened);
    }
    if locators.contains_key(&Role::Stop) {
        accepted.push(AcceptedProof::StopVisible);
    }
    if accepted.is_empty() || !tapped {
        accepted.push(AcceptedProof::AnswerAppeared);
        if lesson.seen.emptied {
            accepted.push(AcceptedProof::ComposerEmpty);
        }
    }
    Send { by, accepted, proof_ms: 5_000 }
}

fn signals(lesson: &Lesson, locators: &BTreeMap<Role, Vec<Locator>>) -> Signals {
    let css = |css: &str| Locator { css: Some(css.to_owned()), ..Locator::default() };
    let shown = |target: Target| Probe { shown: Some(target), ..Probe::default() };
    let own = |locator: Locator| Target::Locator(Box::new(locator));
    let mut done = Vec::new();
    if locators.contains_key(&Role::Stop) {
        done.push(Probe { gone: Some(Target::Role(Role::Stop)), ..Probe::default() });
    }
    if lesson.seen.send_again && locators.contains_key(&Role::Send) {
        done.push(shown(Target::Role(Role::Send)));
    }
    let composer = locators.get(&Role::Composer).and_then(|list| list.first());
    if let Some(composer) = composer.filter(|_| lesson.seen.locked) {
        done.push(shown(own(Locator { enabled: Some(true), ..composer.clone() })));
    }
    let challenge = css("iframe[src*='challenges.cloudflare.com'], #challenge-form");
    Signals {
        signed_out: vec![shown(own(css("input[type=password]")))],
        challenge: vec![shown(own(challenge))],
        done,
        ..Signals::default()
    }
}

/// A name for a page that nobody has named: of its title, or of its host.
pub(super) fn name_for(lesson: &Lesson, is_taken: impl Fn(&str) -> bool) -> String {
    let host = lesson.origin.split("://").last().unwrap_or_default();
    let wanted = [lesson.name.as_str(), lesson.title.as_str(), host];
    let made = wanted.into_iter().map(slug).find(|name| name.len() >= 3);
    let name = made.unwrap_or_else(|| "page".to_owned());
    if is_taken(&name) { format!("{name}-taught") } else { name }
}

fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            _ if slug.is_empty() || slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug.truncate(MOST_NAME);
    slug.trim_matches('-').to_owned()
}

/// The adapter as a file: what stands for nothing is left out.
fn text_of(adapter: &Adapter, origin: &str) -> Result<String, toml::ser::Error> {
    let mut table = toml::Table::try_from(adapter)?;
    if adapter.limits == Limits::default() {
        table.remove("limits");
    }
    let pruned =
        pruned(toml::Value::Table(table)).unwrap_or(toml::Value::Table(toml::Table::new()));
    Ok(format!("# Taught at {origin}.\n{}", toml::to_string_pretty(&pruned)?))
}

/// Without empty lists and tables, and without flags that are off.
fn pruned(value: toml::Value) -> Option<toml::Value> {
    match value {
        toml::Value::Array(list) if list.is_empty() => None,
        toml::Value::Array(list) => Some(toml::Value::Array(list.into_iter().map(kept).collect())),
        toml::Value::Table(table) => {
            let kept: toml::Table =
                table.into_iter().filter_map(|(key, value)| Some((key, pruned(value)?))).collect();
            (!kept.is_empty()).then_some(toml::Value::Table(kept))
        }
        other => Some(other),
    }
}

/// An element of a list stays one.
fn kept(value: toml::Value) -> toml::Value {
    let empty = toml::Value::Table(toml::Table::new());
    pruned(value.clone()).unwrap_or(if value.is_table() { empty } else { value })
}
