use super::*;
use crate::config::{Environment, Flags};

const CONFIG: &str = r#"
[[providers]]
name = "main"
preset = "openai"

[[providers]]
name = "own"
base_url = "http://127.0.0.1:8000/v1"

[[prices]]
provider = "own"
model = "m-*"
input = 1
output = "2.5"

[[prices]]
provider = "openai"
model = "gpt-4o"
input = 9
"#;

fn config(text: &str, owners: Option<&str>) -> Result<(Config, tempfile::TempDir), ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tabway.toml");
    std::fs::write(&path, text).unwrap();
    if let Some(owners) = owners {
        std::fs::write(folder.path().join(FILE), owners).unwrap();
    }
    let data_dir = Some(folder.path().to_path_buf());
    let flags = Flags { config: Some(path), data_dir, ..Flags::default() };
    let none: [(&str, &str); 0] = [];
    Config::load(&flags, &Environment::from_pairs(none)).map(|config| (config, folder))
}

fn million(input: u64, output: u64) -> Usage {
    Usage { input: input * 1_000_000, output: output * 1_000_000, ..Usage::default() }
}

#[test]
fn the_first_source_that_knows_the_model_wins() {
    let owners = r#"
source = "our contract of 2026"
[[prices]]
model = "gpt-4o*"
input = 7
[[prices]]
model = "m-*"
input = 7
"#;
    let (config, _folder) = config(CONFIG, Some(owners)).unwrap();
    let prices = Prices::load(&config).unwrap();
    let input = |provider, model| prices.of(provider, model).map(|price| price.input);
    assert_eq!(input("main", "gpt-4o"), Some(9_000_000), "the config, by the preset's name");
    assert_eq!(input("main", "gpt-4o-2024-08-06"), Some(9_000_000));
    assert_eq!(input("main", "gpt-4o-mini"), Some(7_000_000), "the owner's file");
    assert_eq!(input("main", "gpt-4.1-nano"), Some(100_000), "the preset");
    assert_eq!(input("own", "m-1"), Some(1_000_000));
    assert_eq!(input("own", "gpt-4.1-nano"), None);
    assert_eq!(input("gone", "m-1"), None);
    assert_eq!(prices.cost("own", "m-1", &million(3, 2)), Some(8_000_000));
    assert_eq!(prices.cost("own", "x", &million(3, 2)), None);

    let listed = prices.all();
    let of = |provider: &str, model: &str| {
        let mut found = listed.iter().filter(|one| one.provider == provider && one.model == model);
        let one = found.next().map(|one| (one.from, one.source.clone()));
        assert!(found.next().is_none(), "{provider}/{model} is listed once");
        one
    };
    assert_eq!(of("main", "gpt-4o"), Some(("config", None)));
    assert_eq!(of("own", "gpt-4o*"), Some(("file", Some("our contract of 2026".to_owned()))));
    assert!(of("main", "o3").unwrap().1.unwrap().contains("openai.com"));
}

#[test]
fn a_wrong_price_is_named() {
    let wrong = |text: &str| config(text, None).map(|_| ()).unwrap_err().to_string();
    let unknown = wrong("[[prices]]\nprovider = \"opnai\"\nmodel = \"m\"\ninput = 1");
    assert!(unknown.contains("no provider is named `opnai`"), "{unknown}");
    let negative = wrong("[[prices]]\nmodel = \"m\"\ninput = \"-1\"");
    assert!(negative.contains("price of `m`: input: `-1` is not an amount"), "{negative}");
    let pattern = wrong("[[prices]]\nmodel = \"*m\"\ninput = 1");
    assert!(pattern.contains("`*m` is not a model's name"), "{pattern}");

    let (config, _folder) = config("", Some("[[prices]]\nmodel = \"m\"\ninputs = 1")).unwrap();
    let error = Prices::load(&config).unwrap_err().to_string();
    assert!(error.contains("prices.toml:3: unknown key `inputs`"), "{error}");
}
