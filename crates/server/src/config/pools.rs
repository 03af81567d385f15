//! How a model's targets are chosen among, and what stands in for it.

use std::collections::{BTreeMap, BTreeSet};

use super::{ConfigError, Model, Strategy, error::nearest};

/// Names of strategies, as the file has them.
const STRATEGIES: [(&str, Strategy); 5] = [
    ("priority", Strategy::Priority),
    ("weighted", Strategy::Weighted),
    ("least_busy", Strategy::LeastBusy),
    ("latency", Strategy::Latency),
    ("cost", Strategy::Cost),
];

impl Strategy {
    /// Its name, as the file has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        STRATEGIES.iter().find(|(_, one)| *one == self).map_or("", |(name, _)| name)
    }
}

/// Reads a strategy's name.
pub(super) fn strategy(text: Option<&str>) -> Result<Strategy, ConfigError> {
    let Some(text) = text else { return Ok(Strategy::default()) };
    let found = STRATEGIES.iter().find(|(name, _)| *name == text);
    found.map(|(_, strategy)| *strategy).ok_or_else(|| {
        let names = STRATEGIES.map(|(name, _)| name).join(", ");
        ConfigError::new(format!("strategy `{text}` is not one of {names}"))
    })
}

/// Checks the fallbacks of all models, and writes out each chain, each model in it once.
pub(super) fn chains(models: &mut [Model]) -> Result<(), ConfigError> {
    let direct: BTreeMap<String, Vec<String>> =
        models.iter().map(|model| (model.name.clone(), model.fallbacks.clone())).collect();
    for model in models.iter_mut().filter(|model| !model.fallbacks.is_empty()) {
        let mut chain = Chain { direct: &direct, way: vec![], met: BTreeSet::new(), all: vec![] };
        chain.follow(&model.name).map_err(|error| error.at(&format!("model `{}`", model.name)))?;
        model.fallbacks = chain.all;
    }
    Ok(())
}

struct Chain<'a> {
    direct: &'a BTreeMap<String, Vec<String>>,
    /// From the model to where we are.
    way: Vec<&'a str>,
    met: BTreeSet<&'a str>,
    all: Vec<String>,
}

impl<'a> Chain<'a> {
    fn follow(&mut self, name: &str) -> Result<(), ConfigError> {
        let Some((name, next)) = self.direct.get_key_value(name) else {
            let known: Vec<&str> = self.direct.keys().map(String::as_str).collect();
            let hint = nearest(name, &known).map(|near| format!("; did you mean `{near}`?"));
            let hint = hint.unwrap_or_default();
            return Err(ConfigError::new(format!("fallbacks: no model is named `{name}`{hint}")));
        };
        if self.way.contains(&name.as_str()) {
            let way = self.way.join("` to `");
            let words = format!("fallbacks go in a circle: `{way}` to `{name}`");
            return Err(ConfigError::new(words));
        }
        if !self.met.insert(name) {
            return Ok(());
        }
        if !self.way.is_empty() {
            self.all.push(name.clone());
        }
        self.way.push(name);
        next.iter().try_for_each(|next| self.follow(next))?;
        self.way.pop();
        Ok(())
    }
}
