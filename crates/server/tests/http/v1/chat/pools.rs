//! Which target and which account a request goes to.

use std::collections::BTreeSet;

use http::Method;
use mock_upstream::{Behaviour, MockConfig, MockUpstream};
use serde_json::{Value, json};

use super::{ask, ask_stream};
use crate::support::{Gateway, Reply};

async fn mock() -> MockUpstream {
    MockUpstream::start(MockConfig::default()).await.expect("a mock")
}

fn fails(status: u16) -> Behaviour {
    Behaviour { status, ..Behaviour::default() }
}

/// A provider with these accounts; the key of each is `sk-NAME`.
fn provider(name: &str, mock: &MockUpstream, accounts: &[&str]) -> String {
    let mut text =
        format!("[[providers]]\nname = \"{name}\"\nbase_url = \"{}\"\n", mock.base_url());
    for account in accounts {
        text +=
            &format!("[[providers.accounts]]\nname = \"{account}\"\nsecret = \"sk-{account}\"\n");
    }
    text
}

/// A model with targets `PROVIDER/MODEL`, each with what else is said of it behind a blank.
fn model(name: &str, targets: &[&str], extra: &str) -> String {
    let target = |text: &&str| {
        let (place, rest) = text.split_once('/').expect("a target");
        let (model, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        format!("{{ provider = \"{place}\", model = \"{model}\" {rest} }}")
    };
    let targets: Vec<String> = targets.iter().map(target).collect();
    format!("[[models]]\nname = \"{name}\"\n{extra}\ntargets = [{}]\n", targets.join(", "))
}

fn target(reply: &Reply) -> String {
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.header("x-tabway-target").to_owned()
}

/// The account whose key came last.
fn last_account(mock: &MockUpstream) -> String {
    let journal = mock.journal();
    let key = journal.last().and_then(|last| last.header("authorization")).expect("a key");
    key.trim_start_matches("Bearer sk-").to_owned()
}

async fn explain(gateway: &Gateway, query: &str) -> Reply {
    let token = format!("Bearer {}", gateway.running.app.admin_token.expose());
    let path = format!("/api/route/explain?{query}");
    gateway.send(Method::GET, &path, &[("authorization", &token)], "").await
}

#[tokio::test]
async fn latency_takes_the_target_whose_first_byte_comes_soonest() {
    let (slow, fast) = (mock().await, mock().await);
    slow.set_model("m", Behaviour { first_ms: 400, ..Behaviour::default() });
    let config = provider("slow", &slow, &[])
        + &provider("fast", &fast, &[])
        + &model("mock-model", &["slow/m", "fast/m"], "strategy = \"latency\"");
    let gateway = Gateway::start(&config).await;
    // Who is not known is asked first.
    let first: BTreeSet<_> =
        [target(&gateway.chat(&ask_stream("a")).await), target(&gateway.chat(&ask("b")).await)]
            .into();
    assert_eq!(first.len(), 2, "{first:?}");
    for _ in 0..5 {
        assert_eq!(target(&gateway.chat(&ask_stream("hello")).await), "fast/m");
    }
}

#[tokio::test]
async fn cost_takes_the_cheapest_and_who_has_no_price_comes_last() {
    let mocks = [mock().await, mock().await, mock().await];
    let price = |provider: &str, usd: &str| {
        format!(
            "[[prices]]\nprovider = \"{provider}\"\nmodel = \"m\"\ninput = {usd}\noutput = {usd}\n"
        )
    };
    let config = price("dear", "9.0")
        + &price("cheap", "0.5")
        + &provider("unknown", &mocks[0], &[])
        + &provider("dear", &mocks[1], &[])
        + &provider("cheap", &mocks[2], &[])
        + &model("mock-model", &["unknown/m", "dear/m", "cheap/m"], "strategy = \"cost\"");
    let gateway = Gateway::start(&config).await;
    assert_eq!(target(&gateway.chat(&ask("hello")).await), "cheap/m");
    mocks[2].set_model("m", fails(429));
    assert_eq!(target(&gateway.chat(&ask("hello")).await), "dear/m");
    mocks[1].set_model("m", fails(429));
    assert_eq!(target(&gateway.chat(&ask("hello")).await), "unknown/m");
}

fn turns(prompt: &str, count: usize) -> Value {
    let mut body = ask(prompt);
    for turn in 0..count {
        let list = body["messages"].as_array_mut().expect("a list");
        list.push(json!({ "role": "assistant", "content": format!("answer {turn}") }));
        list.push(json!({ "role": "user", "content": format!("more {turn}") }));
    }
    body
}

#[tokio::test]
async fn a_conversation_stays_with_the_account_that_holds_its_prompt_until_that_rests() {
    for strategy in ["priority", "least_busy", "weighted", "cost"] {
        let mock = mock().await;
        let config = provider("p", &mock, &["a", "b", "c"])
            + &model("mock-model", &["p/m"], &format!("strategy = \"{strategy}\""));
        let gateway = Gateway::start(&config).await;
        let mut accounts = BTreeSet::new();
        for prompt in ["one", "two", "three", "four", "five", "six"] {
            gateway.chat(&turns(prompt, 0)).await;
            let first = last_account(&mock);
            // Another conversation in between does not move it.
            gateway.chat(&ask("in between")).await;
            for count in 1..4 {
                gateway.chat(&turns(prompt, count)).await;
                assert_eq!(last_account(&mock), first, "{strategy} {prompt} {count}");
            }
            accounts.insert(first);
        }
        // By weight it is chance that spreads them, and by load what is still in flight.
        if matches!(strategy, "priority" | "cost") {
            assert_eq!(accounts.len(), 3, "conversations are spread: {strategy}");
        }

        gateway.chat(&turns("one", 4)).await;
        let held = last_account(&mock);
        mock.set_key(&format!("sk-{held}"), fails(429));
        assert_eq!(gateway.chat(&turns("one", 5)).await.status, 200);
        let other = last_account(&mock);
        assert_ne!(other, held);
        gateway.chat(&turns("one", 6)).await;
        assert_eq!(last_account(&mock), other, "it stays with the one that took it over");
    }
}

#[tokio::test]
async fn without_affinity_accounts_take_turns() {
    let mock = mock().await;
    let config =
        provider("p", &mock, &["a", "b", "c"]) + &model("mock-model", &["p/m"], "affinity = false");
    let gateway = Gateway::start(&config).await;
    let mut accounts = BTreeSet::new();
    for count in 0..3 {
        gateway.chat(&turns("one", count)).await;
        accounts.insert(last_account(&mock));
    }
    assert_eq!(accounts.len(), 3);
}

#[tokio::test]
async fn fallbacks_take_over_in_their_order_where_the_key_may_use_them() {
    let (first, second, third) = (mock().await, mock().await, mock().await);
    let config = "[[keys]]\nname = \"all\"\nsecret = \"tw-all\"\n\
                  [[keys]]\nname = \"some\"\nsecret = \"tw-some\"\nmodels = [\"mock-model\", \"last\"]\n"
        .to_owned()
        + &provider("p1", &first, &[])
        + &provider("p2", &second, &[])
        + &provider("p3", &third, &[])
        + &model("mock-model", &["p1/m"], "fallbacks = [\"middle\"]")
        + &model("middle", &["p2/m"], "fallbacks = [\"last\"]")
        + &model("last", &["p3/m"], "");
    let gateway = Gateway::start(&config).await;
    let chat = async |key: &str| {
        let headers = [("authorization", &*format!("Bearer {key}"))];
        let body = ask("hello").to_string();
        gateway.send(Method::POST, "/v1/chat/completions", &headers, &body).await
    };
    assert_eq!(target(&chat("tw-all").await), "p1/m");
    first.push(fails(500));
    assert_eq!(target(&chat("tw-all").await), "p2/m");
    first.push(fails(500));
    assert_eq!(target(&chat("tw-some").await), "p3/m", "the middle one is not for this key");
    first.push(fails(500));
    second.push(fails(500));
    let reply = chat("tw-all").await;
    assert_eq!((&*target(&reply), reply.header("x-tabway-attempts")), ("p3/m", "3"));

    let ledger = gateway.running.app.store.ledger();
    ledger.flush().await;
    let rows = ledger.recent(4).await.expect("rows");
    let tries = async |at: usize| ledger.attempts(&rows[at].id).await.expect("rows");
    let routes = |tries: &[tabway_store::ledger::AttemptRow]| {
        tries.iter().map(|one| one.route.clone()).collect::<Vec<_>>()
    };
    assert_eq!(routes(&tries(0).await), ["the only target", "fallback", "fallback"]);
    assert_eq!(
        routes(&tries(1).await),
        ["the only target", "fallback; middle is not for this key"]
    );

    let shown = explain(&gateway, "model=mock-model&key=some").await.json();
    assert_eq!(shown["taken"], "p1/m#default");
    let verdicts = shown["candidates"].as_array().expect("a list").iter();
    let verdicts: Vec<_> = verdicts.map(|one| (&one["target"], &one["verdict"])).collect();
    assert_eq!(json!(verdicts), json!([["p1/m", "taken"], ["p2/m", "not"], ["p3/m", "next"]]));
}

#[tokio::test]
async fn fallbacks_that_go_in_a_circle_or_nowhere_are_refused_at_the_start() {
    let mock = mock().await;
    for (fallbacks, words) in [
        (["b", "a"], "fallbacks go in a circle: `a` to `b` to `a`"),
        (["a", "b"], "fallbacks go in a circle: `a` to `a`"),
        (["b", "c"], "no model is named `c`"),
    ] {
        let config = provider("p", &mock, &[])
            + &model("a", &["p/m"], &format!("fallbacks = [\"{}\"]", fallbacks[0]))
            + &model("b", &["p/m"], &format!("fallbacks = [\"{}\"]", fallbacks[1]));
        let Err(error) = Gateway::try_start(&config, &[]).await else { panic!("{fallbacks:?}") };
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn a_prompt_that_does_not_fit_goes_to_a_larger_context() {
    let (small, large) = (mock().await, mock().await);
    let config = provider("small", &small, &["a", "b"])
        + &provider("large", &large, &[])
        + &model(
            "mock-model",
            &[
                "small/m , context_window = 1000",
                "small/n , context_window = 900",
                "large/m , context_window = 100000",
            ],
            "",
        );
    let gateway = Gateway::start(&config).await;
    assert_eq!(target(&gateway.chat(&ask("hello")).await), "small/m");
    let long = ask(&"word ".repeat(2_000));
    assert_eq!(target(&gateway.chat(&long).await), "large/m");
    assert_eq!(small.journal().len(), 1, "it was not asked");

    // The upstream counts otherwise: only what is larger is tried, and the account is not at fault.
    let error = r#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#;
    small.set_model("m", Behaviour { error_body: Some(error.to_owned()), ..fails(400) });
    for _ in 0..8 {
        let reply = gateway.chat(&ask("hello")).await;
        assert_eq!((&*target(&reply), reply.header("x-tabway-attempts")), ("large/m", "2"));
    }
    assert_eq!(small.journal().len(), 9);
}

#[tokio::test]
async fn explain_says_of_each_candidate_why() {
    let (one, two) = (mock().await, mock().await);
    let config = provider("one", &one, &["a", "b"])
        + &provider("two", &two, &["c"])
        + &model("mock-model", &["one/m", "two/m"], "");
    let gateway = Gateway::start(&config).await;
    one.set_key("sk-a", Behaviour { retry_after: Some("40".to_owned()), ..fails(429) });
    one.set_key("sk-b", fails(401));
    assert_eq!(target(&gateway.chat(&ask("hello")).await), "two/m");
    let shown = explain(&gateway, "model=mock-model").await.json();
    assert_eq!((&shown["strategy"], &shown["taken"]), (&json!("priority"), &json!("two/m#c")));
    let reasons: Vec<String> = shown["candidates"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            let reason = text("reason").replace(|c: char| c.is_ascii_digit(), "");
            format!("{}#{} {}: {reason}", text("target"), text("account"), text("verdict"))
        })
        .collect();
    assert_eq!(
        reasons,
        [
            "one/m#a not: rests  s: rate limit",
            "one/m#b not: rests  s: credential refused",
            "two/m#c taken: by priority",
        ]
    );
    assert!(shown["candidates"][0]["wait_ms"].as_u64().is_some_and(|ms| ms > 20_000));
    for (query, code) in [("model=none", 404), ("model=mock-model&key=none", 404), ("", 400)] {
        assert_eq!(explain(&gateway, query).await.status, code, "{query}");
    }
}

/// A provider whose accounts have more said of them: `NAME what else`.
fn provider_with(mock: &MockUpstream, accounts: &[(&str, &str)]) -> String {
    let mut text = provider("p", mock, &[]);
    for (name, extra) in accounts {
        let account = format!("name = \"{name}\"\nsecret = \"sk-{name}\"\n{extra}\n");
        text += &format!("[[providers.accounts]]\n{account}");
    }
    text + &model("mock-model", &["p/m"], "affinity = false")
}

fn counts(mock: &MockUpstream) -> [usize; 2] {
    let all = mock.journal();
    ["Bearer sk-a", "Bearer sk-b"]
        .map(|key| all.iter().filter(|one| one.header("authorization") == Some(key)).count())
}

#[tokio::test]
async fn an_accounts_limits_hold_and_what_would_be_lost_is_spent_first() {
    let mock = mock().await;
    let config = provider_with(
        &mock,
        &[
            ("b", ""),
            (
                "a",
                "limits = [{ requests = 3, per = \"day\", time_zone = \"America/Los_Angeles\" }]",
            ),
        ],
    );
    let gateway = Gateway::start(&config).await;
    for so_far in 1..=3 {
        assert_eq!(gateway.chat(&ask("hello")).await.status, 200);
        assert_eq!(counts(&mock), [so_far, 0]);
    }
    let shown = explain(&gateway, "model=mock-model").await.json();
    assert_eq!(shown["taken"], "p/m#b");
    let reason = shown["candidates"][1]["reason"].as_str().expect("a reason");
    assert!(reason.starts_with("full for ") && reason.ends_with(" s by its limits"), "{reason}");
    for so_far in 1..=3 {
        assert_eq!(gateway.chat(&ask_stream("hello")).await.status, 200);
        assert_eq!(counts(&mock), [3, so_far]);
    }
    // A reload that changes something else leaves what was used as it is.
    let file = gateway.folder.path().join("tabway.toml");
    std::fs::write(file, config + &model("another", &["p/m"], "")).expect("written");
    gateway.running.reload().expect("reloads");
    assert_eq!(gateway.chat(&ask("hello")).await.status, 200);
    assert_eq!(counts(&mock), [3, 4]);
}

#[tokio::test]
async fn u20_where_all_accounts_are_full_the_client_is_told_until_when() {
    let mock = mock().await;
    let config = provider_with(
        &mock,
        &[
            ("a", "limits = [{ requests = 1, per = \"5h\" }]"),
            ("b", "limits = [{ requests = 2, per = \"1h\" }]"),
        ],
    );
    let gateway = Gateway::start(&config).await;
    let hello = ask("hello");
    let all = futures_util::future::join_all((0..20).map(|_| gateway.chat(&hello))).await;
    assert_eq!(all.iter().filter(|reply| reply.status == 200).count(), 3);
    assert_eq!(counts(&mock), [1, 2], "never more, however many at once");
    for refused in all.iter().filter(|reply| reply.status != 200) {
        assert_eq!((refused.status.as_u16(), &*refused.code()), (429, "upstream_rate_limited"));
        let wait: u64 = refused.header("retry-after").parse().expect("seconds");
        assert!((3_000..=4_000).contains(&wait), "{wait}");
    }
}

#[tokio::test]
async fn tokens_are_reserved_by_estimate_and_settled_by_what_the_upstream_counts() {
    let mock = mock().await;
    let limits = "limits = [{ tokens = 700, per = \"1h\" }]";
    let gateway = Gateway::start(&provider_with(&mock, &[("a", limits)])).await;
    // About 520 are reserved for each; the mock counts some 20.
    for body in [ask("hello"), ask_stream("hello"), ask("hello"), ask_stream("hello")] {
        assert_eq!(gateway.chat(&body).await.status, 200);
    }
    // What failed gives its tokens back.
    mock.push(fails(400));
    assert_eq!(gateway.chat(&ask("hello")).await.status, 400);
    assert_eq!(gateway.chat(&ask("hello")).await.status, 200);
    // Nobody counts these: what was reserved is used.
    mock.push(Behaviour { usage: mock_upstream::UsageStyle::Never, ..Behaviour::default() });
    assert_eq!(gateway.chat(&ask("hello")).await.status, 200);
    assert_eq!(gateway.chat(&ask("hello")).await.code(), "upstream_rate_limited");
}

#[tokio::test]
async fn weights_share_the_requests_among_accounts() {
    let mock = mock().await;
    let config = provider_with(&mock, &[("a", "weight = 9"), ("b", "")])
        .replace("affinity = false", "affinity = false\nstrategy = \"weighted\"");
    let gateway = Gateway::start(&config).await;
    for _ in 0..200 {
        assert_eq!(gateway.chat(&ask("hello")).await.status, 200);
    }
    let [a, b] = counts(&mock);
    assert!(a > 120 && b > 0, "{a} and {b}");
}

#[tokio::test]
async fn limits_that_make_no_sense_are_refused_at_the_start() {
    let mock = mock().await;
    for (limit, words) in [
        ("{ per = \"1m\" }", "either requests or tokens"),
        ("{ requests = 1, tokens = 1, per = \"1m\" }", "either requests or tokens"),
        ("{ requests = 0, per = \"1m\" }", "0 is not 1 to"),
        ("{ requests = 1, per = \"soon\" }", "per `soon`"),
        ("{ requests = 1, per = \"5h\", time_zone = \"UTC\" }", "a time_zone belongs to"),
        ("{ requests = 1, per = \"day\", time_zone = \"Moon\" }", "`Moon` is no time zone"),
    ] {
        let config = provider_with(&mock, &[("a", &format!("limits = [{limit}]"))]);
        let Err(error) = Gateway::try_start(&config, &[]).await else { panic!("{limit}") };
        assert!(error.to_string().contains(words), "{limit}: {error}");
    }
}
