//! Teaching a page: a lesson becomes an adapter, the adapter is tried in the same tab, and what went
//! well is kept as a draft. An admin publishes it; nobody else gets it before.

mod adapter;
mod alike;
mod documents;
mod leaves;
mod report;
mod rules;
#[cfg(test)]
mod tests;
mod trial;
mod turn;
mod understand;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tabway_dialects::ids::NodeId;
use tabway_protocol::{
    message::Site,
    teach::{Lesson, LessonLine, LessonReport, LessonState},
};
use tokio::sync::mpsc::Receiver;

use crate::{
    adapters::revisions,
    app::App,
    nodes::{HeardLesson, LessonWord},
};

/// Drafts that may wait for an admin.
const MOST_DRAFTS: usize = 200;

/// Words of a trial that went well.
const WELL: &str = "Does this begin like the answer that the page shows? Then save it.";

/// The last lesson of each browser.
#[derive(Clone, Default)]
struct Class(Arc<Mutex<HashMap<NodeId, Open>>>);

struct Open {
    lesson: String,
    origin: String,
    name: String,
    /// An adapter in force is mended, for a site that is there.
    mends: bool,
    lines: Vec<LessonLine>,
    /// The adapter, once it has been tried.
    text: Option<String>,
    trial: Option<tokio::task::AbortHandle>,
}

/// What is said of a lesson's adapter once it is kept.
struct Draft {
    origin: String,
    name: String,
    mends: bool,
    lines: Vec<LessonLine>,
}

impl Open {
    fn draft(&self) -> Draft {
        let Self { origin, name, mends, lines, .. } = self;
        let (origin, name, lines) = (origin.clone(), name.clone(), lines.clone());
        Draft { origin, name, mends: *mends, lines }
    }
}

impl Draft {
    /// What an admin does with it next.
    fn kept_as(&self, revision: u32) -> String {
        let Self { name, mends, .. } = self;
        let publish = format!("tabway adapter publish {name}@{revision}");
        match mends {
            true => format!(
                "{name}, revision {revision}. An admin publishes it, and each browser asks its person \
                 whether it may be used: {publish}"
            ),
            false => format!(
                "{name}, revision {revision}. An admin publishes it: {publish} --site {name}"
            ),
        }
    }
}

impl Class {
    fn all(&self) -> MutexGuard<'_, HashMap<NodeId, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes lessons as long as the gateway runs.
pub(crate) async fn keep_school(app: Arc<App>, mut lessons: Receiver<HeardLesson>) {
    let class = Class::default();
    while let Some(HeardLesson { node, label, word }) = lessons.recv().await {
        match word {
            LessonWord::Teach(lesson) => begin(&app, &class, node, *lesson),
            LessonWord::Keep(lesson) => keep(&app, &class, node, &label, lesson).await,
            LessonWord::End(lesson) => end(&app, &class, node, &lesson),
        }
    }
}

fn begin(app: &Arc<App>, class: &Class, node: NodeId, lesson: Lesson) {
    let known = app.adapters.all();
    let sites = app.nodes.sites();
    let site =
        lesson.repairs.as_ref().and_then(|name| sites.iter().find(|site| site.name == *name));
    let broken = site.map(|site| &site.adapter);
    let name = match broken {
        Some(broken) => broken.name.clone(),
        None => adapter::name_for(&lesson, |name| known.contains_key(name)),
    };
    let made = match adapter::make(&lesson, broken, &name) {
        Ok(made) => made,
        Err(error) => {
            let (state, words) = (LessonState::Failed, error.to_string());
            let report = LessonReport { lesson: lesson.lesson, state, lines: vec![], words };
            return app.nodes.report_lesson(node, report);
        }
    };
    let lines = report::lines(&made.adapter);
    let open = Open {
        lesson: lesson.lesson.clone(),
        origin: lesson.origin.clone(),
        name: name.clone(),
        mends: broken.is_some(),
        lines: lines.clone(),
        text: None,
        trial: None,
    };
    if let Some(Open { trial: Some(trial), .. }) = class.all().insert(node, open) {
        trial.abort();
    }
    let words = "One turn is run with it now, in this tab.".to_owned();
    let (id, state) = (lesson.lesson.clone(), LessonState::Trying);
    app.nodes.report_lesson(node, LessonReport { lesson: id, state, lines, words });
    let running = tokio::spawn(try_it(app.clone(), class.clone(), node, lesson, name, made));
    if let Some(open) = class.all().get_mut(&node) {
        open.trial = Some(running.abort_handle());
    }
}

async fn try_it(
    app: Arc<App>,
    class: Class,
    node: NodeId,
    lesson: Lesson,
    name: String,
    made: adapter::Made,
) {
    // A name of its own: what a browser's owner has just shown is not asked about again.
    let site = format!("draft:{name}:{}", lesson.lesson);
    let (origin, adapter) = (lesson.origin.clone(), made.adapter.clone());
    app.nodes.offer_draft(node, Site { name: site.clone(), origin, adapter });
    let tried = trial::run(&app.nodes, &site, &made.adapter, lesson.lane, &lesson.prompt).await;
    app.nodes.withdraw_draft(node);
    let report = {
        let mut all = class.all();
        let Some(open) = all.get_mut(&node).filter(|open| open.lesson == lesson.lesson) else {
            return;
        };
        let mut lines = open.lines.clone();
        let (state, words) = match tried {
            Ok(trial) if trial.text.trim().is_empty() => {
                (LessonState::Failed, "the page ended without an answer".to_owned())
            }
            Ok(trial) => {
                lines.extend(report::of_trial(&trial));
                open.text = Some(made.text);
                (LessonState::Understood, WELL.to_owned())
            }
            Err(failure) => (LessonState::Failed, failure.message),
        };
        open.lines.clone_from(&lines);
        LessonReport { lesson: lesson.lesson, state, lines, words }
    };
    app.nodes.report_lesson(node, report);
}

async fn keep(app: &App, class: &Class, node: NodeId, label: &str, lesson: String) {
    let kept = {
        let all = class.all();
        let open = all.get(&node).filter(|open| open.lesson == lesson);
        open.and_then(|open| Some((open.text.clone()?, open.draft())))
    };
    let Some((text, draft)) = kept else { return };
    let (state, words) = match save(app, &text, label, &draft.origin).await {
        Ok(revision) => (LessonState::Saved, draft.kept_as(revision)),
        Err(words) => (LessonState::Failed, words),
    };
    app.nodes.report_lesson(node, LessonReport { lesson, state, lines: draft.lines, words });
}

async fn save(app: &App, text: &str, label: &str, origin: &str) -> Result<u32, String> {
    let waiting = app.store.adapters().drafts().await.map_err(|error| error.to_string())?;
    if waiting.len() >= MOST_DRAFTS {
        return Err("too many drafts wait for an admin".to_owned());
    }
    let made_by = if label.is_empty() { "a browser" } else { label };
    let kept = revisions::draft(app, text, made_by, Some(origin)).await;
    kept.map(|kept| kept.revision).map_err(|error| error.to_string())
}

fn end(app: &App, class: &Class, node: NodeId, lesson: &str) {
    let mut all = class.all();
    if all.get(&node).is_some_and(|open| open.lesson == lesson) {
        if let Some(Open { trial: Some(trial), .. }) = all.remove(&node) {
            trial.abort();
        }
        drop(all);
        app.nodes.withdraw_draft(node);
    }
}
