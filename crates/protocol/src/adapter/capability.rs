//! What a model can take and give, as far as the adapter or the page tells.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tabway_dialects::site_chat::Parameter;
use ts_rs::TS;

use super::{Adapter, MediaKind, Role};

/// Something that a model can take or give.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// It answers in words.
    Text,
    /// It takes pictures.
    Vision,
    /// It takes other files.
    Files,
    /// It answers with pictures.
    ImageOut,
    /// It answers with videos.
    VideoOut,
    /// It searches the web when asked to.
    Search,
    /// It shows its reasoning, or can be told how much of it to do.
    Thinking,
}

/// What a page says of one of its models.
pub type Told = BTreeMap<Capability, bool>;

/// Where in a model's entry a page says that it has a capability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Sign {
    /// JSON pointer within the entry. Without `has` the value there must be set: not `false`, `null`,
    /// 0 or empty.
    pub at: String,
    /// The word that the value must be, or that must be in it where it is a list, or a set field
    /// where it is an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub has: Option<String>,
}

impl Adapter {
    /// What a model can take and give: what the page said of it, else what the adapter says, else what
    /// the page has elements for.
    #[must_use]
    pub fn capabilities(&self, model: &str, told: Option<&Told>) -> BTreeSet<Capability> {
        let own = self.models.of.get(model).or(self.models.capabilities.as_ref());
        let mut all = match own {
            Some(own) => own.iter().copied().collect(),
            None => self.of_page(),
        };
        for (capability, has) in told.into_iter().flatten() {
            if *has {
                all.insert(*capability);
            } else {
                all.remove(capability);
            }
        }
        all
    }

    /// What the page has elements for.
    fn of_page(&self) -> BTreeSet<Capability> {
        let takes = |fits: fn(&str) -> bool| {
            let accepts = |files: &super::Files| {
                files.accept.is_empty() || files.accept.iter().any(|mime| fits(mime))
            };
            self.files.as_ref().is_some_and(accepts)
        };
        let gives = |kind| self.media.iter().any(|medium| medium.kind == kind);
        let thinks = self.locators.contains_key(&Role::Thought)
            || self.parameters.contains_key(&Parameter::Thinking);
        let found = [
            (Capability::Text, true),
            (Capability::Vision, takes(|mime| mime.starts_with("image/") || mime == "*/*")),
            (Capability::Files, takes(|mime| !mime.starts_with("image/"))),
            (Capability::ImageOut, gives(MediaKind::Image)),
            (Capability::VideoOut, gives(MediaKind::Video)),
            (Capability::Search, self.parameters.contains_key(&Parameter::Search)),
            (Capability::Thinking, thinks),
        ];
        found.into_iter().filter_map(|(capability, has)| has.then_some(capability)).collect()
    }
}
