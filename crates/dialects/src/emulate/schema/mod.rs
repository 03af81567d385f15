//! Checks a value against the part of JSON Schema that tools and answers are described with.
//!
//! What a schema says in another way (`pattern`, `format`, a reference out of the document) is not
//! checked, and [`unchecked`] names it, so that it can be told. Time and memory are bounded by the
//! value and the schema; there are no regular expressions.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The deepest nesting of schemas, references included, that is followed.
const MAX_DEPTH: usize = 64;

/// The most faults that are told at once.
const MAX_FAULTS: usize = 8;

/// The most steps of a check: a schema may refer to itself in many ways at once.
const MAX_STEPS: usize = 200_000;

/// What is wrong with a value, one fault a line of words; empty where nothing is.
#[must_use]
pub fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut check = Check { root: schema, steps: MAX_STEPS, faults: Vec::new() };
    check.value(schema, value, "", 0);
    check.faults
}

/// Keywords of the schema that constrain a value and are not checked, in order.
#[must_use]
pub fn unchecked(schema: &Value) -> BTreeSet<&'static str> {
    const KNOWN: [&str; 9] = [
        "pattern",
        "format",
        "patternProperties",
        "propertyNames",
        "unevaluatedProperties",
        "unevaluatedItems",
        "contains",
        "dependentSchemas",
        "$dynamicRef",
    ];
    let mut found = BTreeSet::new();
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(map) => {
                found.extend(KNOWN.into_iter().filter(|keyword| map.contains_key(*keyword)));
                // A property may be called `format`: what it holds is a schema, not a keyword.
                let named = map.get("properties").and_then(Value::as_object);
                open.extend(named.into_iter().flat_map(Map::values));
                open.extend(map.iter().filter(|(key, _)| is_of_schemas(key)).map(|(_, v)| v));
            }
            Value::Array(list) => open.extend(list),
            _ => {}
        }
    }
    found
}

/// Keywords, beside `properties`, under which schemas stand.
fn is_of_schemas(keyword: &str) -> bool {
    matches!(
        keyword,
        "items"
            | "prefixItems"
            | "additionalProperties"
            | "anyOf"
            | "oneOf"
            | "allOf"
            | "not"
            | "if"
            | "then"
            | "else"
    )
}

struct Check<'s> {
    root: &'s Value,
    steps: usize,
    faults: Vec<String>,
}

impl<'s> Check<'s> {
    fn value(&mut self, schema: &Value, value: &Value, path: &str, depth: usize) {
        let Some(left) = self.steps.checked_sub(1) else { return };
        self.steps = left;
        if depth > MAX_DEPTH || self.faults.len() >= MAX_FAULTS {
            return;
        }
        let rules = match schema {
            Value::Object(rules) => rules,
            Value::Bool(false) => return self.fault(path, "is not allowed"),
            _ => return,
        };
        let reference = rules.get("$ref").and_then(Value::as_str);
        if let Some(target) = reference.and_then(|reference| self.target(reference)) {
            self.value(target, value, path, depth + 1);
        }
        self.kind(rules, value, path);
        self.combined(rules, value, path, depth);
        match value {
            Value::Object(map) => self.object(rules, map, path, depth),
            Value::Array(list) => self.list(rules, list, path, depth),
            Value::String(text) => self.text(rules, text, path),
            Value::Number(number) => self.number(rules, number.as_f64().unwrap_or(0.0), path),
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// What a reference within the document stands for.
    fn target(&self, reference: &str) -> Option<&'s Value> {
        let pointer = reference.strip_prefix('#')?;
        self.root.pointer(pointer)
    }

    fn kind(&mut self, rules: &Map<String, Value>, value: &Value, path: &str) {
        let names: Vec<&str> = match rules.get("type") {
            Some(Value::String(name)) => vec![name],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let nullable = rules.get("nullable") == Some(&Value::Bool(true)) && value.is_null();
        if !names.is_empty() && !nullable && !names.iter().any(|name| is_of(name, value)) {
            self.fault(path, &format!("is {}, not {}", kind_of(value), names.join(" or ")));
        }
        let allowed = rules.get("enum").and_then(Value::as_array).filter(|_| !nullable);
        if let Some(allowed) = allowed.filter(|all| !all.iter().any(|one| same(one, value))) {
            let all: Vec<String> = allowed.iter().take(40).map(Value::to_string).collect();
            self.fault(path, &format!("is not one of {}", all.join(", ")));
        }
        if let Some(only) = rules.get("const").filter(|only| !same(only, value)) {
            self.fault(path, &format!("is not {only}"));
        }
    }

    fn combined(&mut self, rules: &Map<String, Value>, value: &Value, path: &str, depth: usize) {
        let list = |name: &str| rules.get(name).and_then(Value::as_array);
        for schema in list("allOf").into_iter().flatten() {
            self.value(schema, value, path, depth + 1);
        }
        if let Some(any) = list("anyOf").filter(|any| !any.is_empty())
            && !any.iter().any(|schema| self.fits(schema, value, depth))
        {
            self.nearest(any, value, path, depth);
        }
        if let Some(one) = list("oneOf").filter(|one| !one.is_empty()) {
            match one.iter().filter(|schema| self.fits(schema, value, depth)).count() {
                0 => self.nearest(one, value, path, depth),
                1 => {}
                _ => self.fault(path, "fits more than one of the forms of which it must be one"),
            }
        }
        if rules.get("not").is_some_and(|not| self.fits(not, value, depth)) {
            self.fault(path, "is what it must not be");
        }
        if let Some(condition) = rules.get("if") {
            let branch = if self.fits(condition, value, depth) { "then" } else { "else" };
            if let Some(schema) = rules.get(branch) {
                self.value(schema, value, path, depth + 1);
            }
        }
    }

    /// Whether a value fits a schema, without a word about it.
    fn fits(&mut self, schema: &Value, value: &Value, depth: usize) -> bool {
        let told = std::mem::take(&mut self.faults);
        self.value(schema, value, "", depth + 1);
        std::mem::replace(&mut self.faults, told).is_empty()
    }

    /// None of several forms fits: of a lone form that is not null the faults say more.
    fn nearest(&mut self, forms: &[Value], value: &Value, path: &str, depth: usize) {
        let is_null = |form: &&Value| form.get("type").is_some_and(|kind| kind == "null");
        let mut others = forms.iter().filter(|form| !is_null(form));
        match (others.next(), others.next()) {
            (Some(only), None) => self.value(only, value, path, depth + 1),
            _ => self.fault(path, "fits none of the forms that it may have"),
        }
    }

    fn object(
        &mut self,
        rules: &Map<String, Value>,
        map: &Map<String, Value>,
        path: &str,
        depth: usize,
    ) {
        let required = rules.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !map.contains_key(name) {
                self.fault(path, &format!("lacks `{name}`"));
            }
        }
        let dependent = rules.get("dependentRequired").and_then(Value::as_object);
        for (_, names) in dependent.into_iter().flatten().filter(|(key, _)| map.contains_key(*key))
        {
            for name in names.as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !map.contains_key(name) {
                    self.fault(path, &format!("lacks `{name}`"));
                }
            }
        }
        self.size(rules, ("minProperties", "maxProperties"), map.len(), "members", path);
        let named = rules.get("properties").and_then(Value::as_object);
        // Names may be allowed by a pattern, which is not checked.
        let by_pattern = rules.contains_key("patternProperties");
        let others = rules.get("additionalProperties").filter(|_| !by_pattern);
        for (name, value) in map {
            let path = join(path, name);
            match (named.and_then(|named| named.get(name)), others) {
                (Some(schema), _) => self.value(schema, value, &path, depth + 1),
                (None, Some(Value::Bool(false))) => self.fault(&path, "is not a known name"),
                (None, Some(schema)) => self.value(schema, value, &path, depth + 1),
                (None, None) => {}
            }
        }
    }

    fn list(&mut self, rules: &Map<String, Value>, list: &[Value], path: &str, depth: usize) {
        self.size(rules, ("minItems", "maxItems"), list.len(), "items", path);
        let first = rules.get("prefixItems").and_then(Value::as_array);
        let first: &[Value] = first.map_or(&[], Vec::as_slice);
        for (at, value) in list.iter().enumerate() {
            if let Some(schema) = first.get(at).or_else(|| rules.get("items")) {
                self.value(schema, value, &join(path, &at.to_string()), depth + 1);
            }
        }
        if rules.get("uniqueItems") == Some(&Value::Bool(true)) {
            let unlike: BTreeSet<String> = list.iter().map(Value::to_string).collect();
            if unlike.len() < list.len() {
                self.fault(path, "has an item twice");
            }
        }
    }

    fn text(&mut self, rules: &Map<String, Value>, text: &str, path: &str) {
        self.size(rules, ("minLength", "maxLength"), text.chars().count(), "characters", path);
    }

    fn number(&mut self, rules: &Map<String, Value>, number: f64, path: &str) {
        let limit = |name: &str| rules.get(name).and_then(Value::as_f64);
        for (name, wrong, words) in [
            ("minimum", limit("minimum").is_some_and(|least| number < least), "is less than"),
            ("maximum", limit("maximum").is_some_and(|most| number > most), "is more than"),
            (
                "exclusiveMinimum",
                limit("exclusiveMinimum").is_some_and(|least| number <= least),
                "is not more than",
            ),
            (
                "exclusiveMaximum",
                limit("exclusiveMaximum").is_some_and(|most| number >= most),
                "is not less than",
            ),
            (
                "multipleOf",
                limit("multipleOf").is_some_and(|step| step > 0.0 && !is_multiple(number, step)),
                "is not a multiple of",
            ),
        ] {
            if wrong {
                let limit = rules.get(name).map(Value::to_string).unwrap_or_default();
                self.fault(path, &format!("{words} {limit}"));
            }
        }
    }

    fn size(
        &mut self,
        rules: &Map<String, Value>,
        (least, most): (&str, &str),
        size: usize,
        of: &str,
        path: &str,
    ) {
        let limit = |name: &str| {
            rules.get(name).and_then(Value::as_f64).map(|limit| (limit, rules[name].to_string()))
        };
        #[allow(clippy::cast_precision_loss, reason = "no value has 2^52 members")]
        let size = size as f64;
        if let Some((_, least)) = limit(least).filter(|(least, _)| size < *least) {
            self.fault(path, &format!("has fewer than {least} {of}"));
        }
        if let Some((_, most)) = limit(most).filter(|(most, _)| size > *most) {
            self.fault(path, &format!("has more than {most} {of}"));
        }
    }

    fn fault(&mut self, path: &str, words: &str) {
        if self.faults.len() < MAX_FAULTS {
            let what = if path.is_empty() { "the value" } else { &format!("`{path}`") };
            self.faults.push(format!("{what} {words}"));
        }
    }
}

fn is_multiple(number: f64, step: f64) -> bool {
    let times = number / step;
    (times - times.round()).abs() <= f64::EPSILON * times.abs().max(1.0)
}

/// Equal as JSON Schema has it: 1 and 1.0 are one number.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.to_bits() == other.to_bits(),
        _ => one == other,
    }
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "array" => value.is_array(),
        name => kind_of(value) == name,
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests;
