//! A page's own dialog for the functions that its model may call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::Locator;

/// The page's own dialog for the client's tools: switched on, opened, filled with their
/// declarations as JSON, saved. A turn without tools puts back what the page had. `answer.call`
/// reads what its model calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct PageTools {
    /// What must be clicked first to see the switch.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<Locator>,
    /// The switch that lets the model call functions; it tells whether it is on.
    pub toggle: Vec<Locator>,
    /// The button that opens the dialog.
    pub edit: Vec<Locator>,
    /// What must be clicked in the dialog to see the editor.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tab: Vec<Locator>,
    /// The field of the dialog that takes the declarations.
    pub editor: Vec<Locator>,
    /// The button that takes them; the dialog then goes.
    pub save: Vec<Locator>,
    /// The button that closes the dialog without that.
    pub close: Vec<Locator>,
    /// What the dialog shows where it does not take them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub error: Vec<Locator>,
    /// Keywords of JSON Schema that the dialog knows; others are left out of the declarations.
    /// Any where empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
}
