//! What a page offers beside a text answer: models, modes, settings, files, media; and what may
//! cover it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Adapter, Capability, Locator, Role, Sign};

impl Adapter {
    /// The names under which the adapter itself offers models: its known ones, `default` where it
    /// names none, and its modes with their sides.
    #[must_use]
    pub fn offered(&self) -> Vec<String> {
        let mut names = match self.models.names.as_slice() {
            [] => vec!["default".to_owned()],
            names => names.to_vec(),
        };
        for mode in &self.modes {
            names.push(mode.name.clone());
            if mode.sides > 1 {
                names.extend(["a", "b"].map(|side| format!("{}@{side}", mode.name)));
            }
        }
        names
    }
}

/// Models that a page offers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Models {
    /// Known ones; `default` alone where this is empty and nothing else tells.
    pub names: Vec<String>,
    /// Where the page itself tells them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub source: Option<ModelSource>,
    /// How one is chosen; the page's own choice stands where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub select: Option<ModelSelect>,
    /// What every model can take and give, where neither `of` nor the page says; told by the page's
    /// files, media and settings where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub capabilities: Option<Vec<Capability>>,
    /// The same for one model, by its name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub of: BTreeMap<String, Vec<Capability>>,
}

/// Where a page tells its models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ModelSource {
    /// The menu: `model_menu` is opened while the page rests, its `model_item`s are read.
    Menu,
    /// The answer to a request of the page, which a `[[tap]]` with `purpose = "models"` reads.
    Tap(ModelList),
    /// JSON in the page's own text.
    PageData(ModelData),
}

/// JSON in the page's own text that lists models.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct ModelData {
    /// CSS selector of the element (a script) that holds it.
    pub css: String,
    /// JSON pointer to the list; the document itself where empty.
    #[serde(default)]
    pub list: String,
    /// JSON pointer to a model's name within its entry; the entry itself where empty.
    #[serde(default)]
    pub id: String,
    /// JSON pointer to what the page's menu shows for it; the name where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub label: Option<String>,
    /// Where its entry tells what it can take and give; any of a list suffices.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub capabilities: BTreeMap<Capability, Vec<Sign>>,
}

/// Where in a JSON document the models are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct ModelList {
    /// JSON pointer to the list; the document itself where empty.
    #[serde(default)]
    pub list: String,
    /// JSON pointer to a model's name within its entry; the entry itself where empty.
    #[serde(default)]
    pub id: String,
    /// JSON pointer to what the page's menu shows for it; the name where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub label: Option<String>,
    /// Where its entry tells what it can take and give; any of a list suffices.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub capabilities: BTreeMap<Capability, Vec<Sign>>,
}

/// How a model is chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ModelSelect {
    /// By the menu: `model_menu`, then the `model_item` that shows it; `model_current` must then.
    Menu,
    /// By a parameter of the start path's query, and `model_current` where there is one.
    Query {
        /// The parameter.
        parameter: String,
    },
}

/// A way of the page to answer that is a model of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Mode {
    /// Its name as a model: `battle`. With `sides`, `battle@a` and `battle@b` give one side alone.
    pub name: String,
    /// Path that opens it.
    pub start: String,
    /// How many answers it gives to a prompt: 1 or 2.
    #[serde(default = "one_side")]
    pub sides: u8,
    /// Whether a model is chosen in it as usual (`battle` chooses its own).
    #[serde(default)]
    pub select: bool,
}

fn one_side() -> u8 {
    1
}

/// The control of the page for a setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Control {
    /// What kind of control it is.
    pub kind: ControlKind,
    /// The control.
    pub at: Vec<Locator>,
    /// What must be clicked first to see it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<Locator>,
    /// The page's word for a value of the API, where it differs: `high = "Deep thinking"`. For a
    /// toggle: `on` or `off`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

/// Kinds of control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum ControlKind {
    /// A field for a number.
    Number,
    /// A slider (`input type=range`, or `role=slider` moved by its keys).
    Slider,
    /// A field for text.
    Text,
    /// A field that takes texts one by one, each ended by Enter.
    Chips,
    /// A switch that is on or off.
    Toggle,
    /// A list: a `select`, or options that show once it is clicked.
    Select,
}

/// How files get into a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// Ways, tried in order until the page shows the file.
    pub by: Vec<FileWay>,
    /// Media types that the page takes (`image/*`, `application/pdf`); any where empty.
    #[serde(default)]
    pub accept: Vec<String>,
    /// The most files of one prompt.
    #[serde(default = "default_max_files")]
    pub max_count: u32,
    /// The largest file, in bytes.
    #[serde(default = "default_max_file_bytes")]
    #[ts(type = "number")]
    pub max_bytes: u64,
    /// Milliseconds in which the page must have taken a file.
    #[serde(default = "default_file_ms")]
    #[ts(type = "number")]
    pub wait_ms: u64,
}

fn default_max_files() -> u32 {
    10
}

fn default_max_file_bytes() -> u64 {
    10 << 20
}

fn default_file_ms() -> u64 {
    60_000
}

/// One way for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum FileWay {
    /// Into `file_input`; `attach` is clicked first where the page makes it only then.
    Input,
    /// Dropped on `drop_zone`, or on the composer.
    Drop,
    /// Pasted into the composer.
    Paste,
}

/// Media in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Media {
    /// What it is.
    pub kind: MediaKind,
    /// Where it is, within an answer.
    pub at: Locator,
    /// The attribute that holds its address.
    pub attribute: String,
}

/// Kinds of media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// Sound.
    Audio,
    /// Any other file.
    File,
}

/// What may cover the page and may be closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// What shows that it is there.
    pub shown: Locator,
    /// What closes it: a button of the overlay that agrees to nothing.
    pub close: Locator,
}

/// What must be found on a page at rest before it is trusted with a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct SelfTest {
    /// Roles that must resolve.
    pub found: Vec<Role>,
}

impl Default for SelfTest {
    fn default() -> Self {
        Self { found: vec![Role::Composer] }
    }
}
