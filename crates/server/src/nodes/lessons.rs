//! Lessons of a browser's human on their way to whoever makes adapters of them, and drafts, which
//! are sites of one browser alone.

use std::sync::{Arc, Mutex, PoisonError};

use tabway_dialects::ids::NodeId;
use tabway_protocol::{
    message::{GatewayMessage, Site},
    teach::{Lesson, LessonReport},
};
use tokio::sync::mpsc;

use super::{
    Nodes,
    link::{self, Outgoing},
    registry::Registry,
};

/// Lessons that may wait to be looked at.
const QUEUE: usize = 16;

/// What a browser says of its lessons.
#[derive(Debug)]
pub enum LessonWord {
    /// A lesson.
    Teach(Box<Lesson>),
    /// What was understood of it is to be kept.
    Keep(String),
    /// Its human is done with it.
    End(String),
}

/// A word and who said it.
#[derive(Debug)]
pub struct HeardLesson {
    /// The browser.
    pub node: NodeId,
    /// What its owner calls it.
    pub label: String,
    /// The word.
    pub word: LessonWord,
}

/// The way of lessons from sockets to their reader.
#[derive(Debug)]
pub(super) struct Lessons {
    way: mpsc::Sender<HeardLesson>,
    end: Mutex<Option<mpsc::Receiver<HeardLesson>>>,
}

impl Default for Lessons {
    fn default() -> Self {
        let (way, end) = mpsc::channel(QUEUE);
        Self { way, end: Mutex::new(Some(end)) }
    }
}

impl Lessons {
    /// Hands a word on; false where too many wait.
    pub(super) fn hear(&self, heard: HeardLesson) -> bool {
        self.way.try_send(heard).is_ok()
    }
}

impl Nodes {
    /// What browsers say of their lessons, for the one who reads it; nothing the second time.
    #[must_use]
    pub fn lessons(&self) -> Option<mpsc::Receiver<HeardLesson>> {
        let end = &self.entrance.lessons.end;
        end.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Tells a browser what was made of its lesson; nothing happens where it is away.
    pub fn report_lesson(&self, node: NodeId, report: LessonReport) {
        let message = GatewayMessage::Taught(report);
        if let Some(link) = self.shared.registry().link(node) {
            link.say(&message);
        }
    }

    /// Gives a browser a site that no other has, in place of the one that it had so.
    pub fn offer_draft(&self, node: NodeId, site: Site) {
        let mut registry = self.shared.registry();
        registry.set_draft(node, Some(Arc::new(site)));
        tell_sites(&registry, node);
    }

    /// Takes it back.
    pub fn withdraw_draft(&self, node: NodeId) {
        let mut registry = self.shared.registry();
        if registry.set_draft(node, None) {
            tell_sites(&registry, node);
        }
    }
}

fn tell_sites(registry: &Registry, node: NodeId) {
    if let Some(link) = registry.link(node) {
        link.tell(Outgoing::Say(link::text(&GatewayMessage::Sites {
            sites: registry.sites_for(node),
        })));
    }
}
