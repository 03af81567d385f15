use super::*;

fn load(text: &str, pairs: &[(&str, &str)], flags: Flags) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tabway.toml");
    std::fs::write(&path, text).unwrap();
    let env = Environment::from_pairs(pairs.iter().copied());
    Config::load(&Flags { config: Some(path.clone()), ..flags }, &env)
        .map_err(|error| error.to_string().replace(&path.display().to_string(), "tabway.toml"))
}

const WHOLE: &str = r#"
listen = "127.0.0.1:7070"

[[keys]]
name = "dev"
secret = "env:TABWAY_DEV_KEY"
models = ["mock-*"]

[[providers]]
name = "mock"
preset = "openai"
base_url = "http://127.0.0.1:18080/v1/"
dialects = ["openai_chat"]
[[providers.accounts]]
name = "main"
secret = "env:MOCK_KEY"

[[sites]]
name = "team-chat"
adapter = "gradio"
origin = "http://127.0.0.1:7860/"

[[models]]
name = "mock-model"
strategy = "priority"
targets = [{ provider = "mock", model = "mock-model" }, { site = "team-chat", model = "default" }]
first_byte_timeout = "20s"
"#;

#[test]
fn reads_the_documented_file() {
    let pairs = [("TABWAY_DEV_KEY", "tw-canary"), ("MOCK_KEY", "sk-canary")];
    let config = load(WHOLE, &pairs, Flags::default()).unwrap();
    assert_eq!(config.providers[0].base_url, "http://127.0.0.1:18080/v1");
    assert_eq!(config.sites[0].origin.as_deref(), Some("http://127.0.0.1:7860"));
    assert_eq!(config.models[0].targets[1].to_string(), "team-chat/default");
    assert_eq!(config.models[0].deadlines.first_byte, Some(Duration::from_secs(20)));
    assert!(config.keys[0].models.allows("mock-model"));
    assert!(!config.keys[0].models.allows("MOCK-model"));
    assert!(config.from_file("models") && !config.from_file("hosts"));
    assert!(!format!("{config:?}").contains("canary"), "secrets are never printed");
}

#[test]
fn says_in_one_line_what_is_wrong() {
    let cases = [
        ("lisen = \"x\"", "tabway.toml:1: unknown key `lisen`; did you mean `listen`?"),
        ("listen = \"x\"", "listen: `x` is not an address such as 127.0.0.1:7070"),
        (
            "\n[[keys]]\nname = \"a\"\nsecret = \"s\"\nmodel = []",
            "tabway.toml:5: unknown key `model`; did you mean `models`?",
        ),
        (
            "[[keys]]\nname = \"a\"\nsecret = \"env:NOPE\"",
            "tabway.toml: key `a`: the variable NOPE is not set",
        ),
        (
            "[[keys]]\nname = \"a\"\nsecret = \"s\"\n[[keys]]\nname = \"a\"\nsecret = \"t\"",
            "tabway.toml: two keys are named `a`",
        ),
        (
            "[[providers]]\nname = \"p\"\npreset = \"opnai\"",
            "tabway.toml: provider `p`: no preset `opnai`; there are dashscope, deepseek, gemini-enterprise, google, groq, llamacpp, lmstudio, mistral, moonshot, ollama, openai, openrouter, siliconflow, tabway, vertex, vllm, xai, zhipu",
        ),
        (
            "[[providers]]\nname = \"p\"\nbase_url = \"ftp://x/\"",
            "tabway.toml: provider `p`: base_url `ftp://x` is not an http or https address without user and query",
        ),
        (
            "[[providers]]\nname = \"mock\"\npreset = \"openai\"\n[[models]]\nname = \"m\"\ntargets = [{ provider = \"mok\", model = \"x\" }]",
            "tabway.toml: model `m`: no provider is named `mok`; did you mean `mock`?",
        ),
        (
            "[[models]]\nname = \"m\"\ntargets = [{ model = \"x\" }]",
            "tabway.toml: model `m`: a target names either a provider or a site",
        ),
        (
            "[[sites]]\nname = \"s\"\nadapter = \"demo\"\norigin = \"http://h/path\"",
            "tabway.toml: site `s`: origin `http://h/path` is not scheme, host and port such as http://127.0.0.1:7860",
        ),
        ("[tls]\ncert = \"a.pem\"", "tls.key is missing"),
        ("listen = ", "tabway.toml:1: "),
    ];
    for (text, words) in cases {
        let error = load(text, &[], Flags::default()).unwrap_err();
        assert!(error.starts_with(words), "{text}\n got {error}\nwant {words}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn variables_and_flags_win_over_the_file_and_say_so() {
    let file = "listen = \"127.0.0.1:1\"\n[log]\nlevel = \"warn\"";
    let config =
        load(file, &[("TABWAY_LISTEN", "127.0.0.1:2"), ("LOG_LEVEL", "DEBUG")], Flags::default())
            .unwrap();
    assert_eq!(config.listen, ["127.0.0.1:2".parse().unwrap()]);
    assert_eq!(config.origins["listen"], Origin::Variable("TABWAY_LISTEN".to_owned()));
    assert_eq!(config.log.level, tracing::Level::DEBUG);
    assert!(config.notes.iter().any(|note| note == "LOG_LEVEL is understood as log.level"));

    let config = load(file, &[("PORT", "9"), ("HOST", "0.0.0.0")], Flags::default()).unwrap();
    assert_eq!(config.listen, ["0.0.0.0:9".parse().unwrap()]);

    let flags = Flags { port: Some(0), ..Flags::default() };
    let config = load(file, &[("TABWAY_LISTEN", "127.0.0.1:2"), ("PORT", "9")], flags).unwrap();
    assert_eq!(config.listen, ["127.0.0.1:0".parse().unwrap()]);
    assert_eq!(config.origins["listen"], Origin::Flag("--port"));
}

#[test]
fn the_names_of_other_programs_are_understood() {
    let pairs = [("API_KEYS", "one, two"), ("FORCE_HEADLESS", "1"), ("TABWAY_LISTN", "x")];
    let config = load("", &pairs, Flags::default()).unwrap();
    let keys: Vec<_> = config.keys.iter().map(|key| (&*key.name, key.secret.expose())).collect();
    assert_eq!(keys, [("api-keys-1", "one"), ("api-keys-2", "two")]);
    assert!(config.notes.iter().any(|note| note.starts_with("FORCE_HEADLESS has no effect")));
    assert!(config.notes.iter().any(|note| note.contains("did you mean TABWAY_LISTEN?")));
    let error = load("", &[("TABWAY_INSECURE_LAN", "maybe")], Flags::default()).unwrap_err();
    assert_eq!(error, "TABWAY_INSECURE_LAN: `maybe` is neither true nor false");
}

#[test]
fn a_public_address_needs_a_key_and_protection() {
    let open = load("listen = \"0.0.0.0:1\"", &[], Flags::default()).unwrap();
    assert!(open.check_public_bind(false).unwrap_err().to_string().contains("no API key"));
    assert!(open.check_public_bind(true).unwrap_err().to_string().contains("plain text"));
    for protection in [
        "insecure_lan = true",
        "trusted_proxies = [\"10.0.0.0/8\"]",
        "tls = { cert = \"c\", key = \"k\" }",
    ] {
        let text = format!("listen = \"0.0.0.0:1\"\n{protection}");
        let config = load(&text, &[], Flags::default()).unwrap();
        assert!(config.check_public_bind(true).is_ok(), "{protection}");
        assert!(config.check_public_bind(false).is_err(), "{protection}");
    }
    let closed = load("listen = \"[::1]:1\"", &[], Flags::default()).unwrap();
    assert!(closed.check_public_bind(false).is_ok());
}
