//! Every model that can be asked for now.

use std::{collections::BTreeMap, sync::Arc};

use tabway_dialects::chat::{Failure, FailureClass};

use crate::{app::App, config::Model};

/// A model as `/v1/models` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What clients ask for.
    pub name: String,
    /// Where it is: the place of its first target, or `tabway` for a configured name.
    pub owner: String,
}

/// All models, in order of their names: configured ones first claim a name.
#[must_use]
pub fn all(app: &App) -> Vec<Listed> {
    let mut listed = BTreeMap::new();
    for model in &app.config().models {
        listed.insert(model.name.clone(), "tabway".to_owned());
    }
    listed.into_iter().map(|(name, owner)| Listed { name, owner }).collect()
}

/// The model of that name. Exact: no folding of case, no trimming.
#[must_use]
pub fn find(app: &App, name: &str) -> Option<Arc<Model>> {
    app.config().model(name).cloned()
}

/// The failure for a name that stands for nothing, or for nothing that the caller may use.
#[must_use]
pub fn unknown(name: &str) -> Failure {
    let name: String = name.chars().take(200).filter(|c| !c.is_control()).collect();
    Failure::new(FailureClass::ModelNotFound, format!("no model `{name}`; see GET /v1/models"))
        .with_param("model")
}
