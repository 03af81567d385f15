//! Reads `/metrics` as strictly as OpenMetrics 1.0 has it: a family's type stands before its
//! samples, names fit the type, no sample comes twice, families are not interleaved, buckets grow,
//! `+Inf` is the count, and `# EOF` ends it.

use std::collections::{BTreeMap, BTreeSet};

/// A family of samples.
#[derive(Debug, Default)]
pub struct Family {
    pub kind: String,
    pub samples: Vec<Sample>,
}

#[derive(Debug, Clone)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
}

impl Sample {
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// The families by name. What is not well formed is a panic that says where.
pub fn read(text: &str) -> BTreeMap<String, Family> {
    let body = text.strip_suffix("# EOF\n").expect("the end");
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut current = String::new();
    let mut seen = BTreeSet::new();
    for line in body.lines() {
        if let Some(rest) = line.strip_prefix("# ") {
            let (word, rest) = rest.split_once(' ').expect("a word");
            let (name, rest) = rest.split_once(' ').expect("a name");
            assert!(!rest.is_empty(), "{line}");
            match word {
                "HELP" => assert!(!families.contains_key(name), "interleaved: {line}"),
                "TYPE" => {
                    let family = Family { kind: rest.to_owned(), samples: Vec::new() };
                    assert!(families.insert(name.to_owned(), family).is_none(), "twice: {line}");
                    current = name.to_owned();
                }
                _ => panic!("{line}"),
            }
            continue;
        }
        let sample = sample(line);
        assert!(seen.insert((sample.name.clone(), sample.labels.clone())), "twice: {line}");
        let family = families.get_mut(&current).expect("a type before its samples");
        let suffix = sample.name.strip_prefix(&current).expect("a sample of its family");
        let fits = match family.kind.as_str() {
            "counter" => suffix == "_total",
            "gauge" => suffix.is_empty(),
            "histogram" => matches!(suffix, "_sum" | "_count" | "_bucket"),
            _ => false,
        };
        assert!(fits, "{line} is no sample of a {}", family.kind);
        assert!(sample.value >= 0.0, "{line}");
        family.samples.push(sample);
    }
    families.values().filter(|family| family.kind == "histogram").for_each(check_buckets);
    families
}

fn sample(line: &str) -> Sample {
    let name_end = line.find(['{', ' ']).expect("a value");
    let (name, mut rest) = line.split_at(name_end);
    assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{line}");
    let mut labels = BTreeMap::new();
    if let Some(within) = rest.strip_prefix('{') {
        rest = within;
        while !rest.starts_with('}') {
            rest = rest.strip_prefix(',').unwrap_or(rest);
            let (label, after) = rest.split_once("=\"").expect("a quoted value");
            assert!(label.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{line}");
            let (value, after) = quoted(after);
            assert!(labels.insert(label.to_owned(), value).is_none(), "{line}");
            rest = after;
        }
        rest = &rest[1..];
    }
    let value = rest.strip_prefix(' ').expect("one space").parse().expect("a number");
    Sample { name: name.to_owned(), labels, value }
}

/// The value up to its quote, and what follows.
fn quoted(text: &str) -> (String, &str) {
    let (mut value, mut chars) = (String::new(), text.char_indices());
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (value, &text[at + 1..]),
            '\\' => match chars.next().expect("what is escaped").1 {
                'n' => value.push('\n'),
                plain @ ('\\' | '"') => value.push(plain),
                other => panic!("\\{other} means nothing"),
            },
            char => value.push(char),
        }
    }
    panic!("no end of {text}")
}

fn check_buckets(family: &Family) {
    for count in family.samples.iter().filter(|one| one.name.ends_with("_count")) {
        let mut buckets: Vec<(f64, f64)> = Vec::new();
        for bucket in family.samples.iter().filter(|one| one.name.ends_with("_bucket")) {
            let mut labels = bucket.labels.clone();
            let limit = labels.remove("le").expect("a limit");
            if labels == count.labels {
                let limit =
                    if limit == "+Inf" { f64::INFINITY } else { limit.parse().expect("le") };
                buckets.push((limit, bucket.value));
            }
        }
        assert!(buckets.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1), "{buckets:?}");
        assert_eq!(buckets.last(), Some(&(f64::INFINITY, count.value)));
    }
}
