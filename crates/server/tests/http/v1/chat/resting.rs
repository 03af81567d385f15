//! Accounts rest after limits, refused credentials and failures, each by itself.

use std::{collections::BTreeMap, time::Duration};

use mock_upstream::{Behaviour, MockConfig, MockUpstream};
use tabway::call::places::{Standing, Why};

use super::{ask, ask_stream};
use crate::support::{Gateway, PATIENCE, Reply};

/// A mock that takes any key.
async fn mock() -> MockUpstream {
    MockUpstream::start(MockConfig::default()).await.expect("a mock")
}

fn fails(status: u16) -> Behaviour {
    Behaviour { status, ..Behaviour::default() }
}

fn config(mock: &MockUpstream, accounts: &[&str], extra: &str) -> String {
    let mut text =
        format!("{extra}\n[[providers]]\nname = \"p\"\nbase_url = \"{}\"\n", mock.base_url());
    for name in accounts {
        text += &format!("[[providers.accounts]]\nname = \"{name}\"\nsecret = \"sk-{name}\"\n");
    }
    text + "[[models]]\nname = \"mock-model\"\ntargets = [{ provider = \"p\", model = \"m\" }]\naffinity = false\n"
}

/// A gateway before one mock with these accounts; the key of each is `sk-NAME`.
async fn pool(mock: &MockUpstream, accounts: &[&str], extra: &str) -> Gateway {
    Gateway::start(&config(mock, accounts, extra)).await
}

/// Where an account stands.
fn standing(gateway: &Gateway, account: &str) -> Standing {
    let app = &gateway.running.app;
    let place = app.places.of(&app.config().providers[0]);
    let account = place.accounts().iter().find(|one| one.name() == account).expect("known");
    account.standing(app.places.now())
}

/// How often the mock was asked with an account's key.
fn asked_with(mock: &MockUpstream, account: &str) -> usize {
    let key = format!("Bearer sk-{account}");
    mock.journal().iter().filter(|one| one.header("authorization") == Some(&key)).count()
}

async fn wait_until(condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("it happens");
}

#[tokio::test]
async fn u8_u24_a_limit_rests_the_account_for_as_long_as_it_says_in_every_spelling() {
    const HOUR: u64 = 3_600;
    /// Without a word that makes sense: this, and up to half of it less by chance.
    const USUAL: u64 = 2_000;
    let header = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    let date = |since: std::time::SystemTime, seconds| {
        httpdate::fmt_http_date(since + Duration::from_secs(seconds))
    };
    let (now, past) = (std::time::SystemTime::now(), std::time::UNIX_EPOCH);
    let clock = |since, seconds| {
        vec![("date".to_owned(), date(since, 0)), ("retry-after".to_owned(), date(since, seconds))]
    };
    let in_3000 = (jiff::Timestamp::now() + Duration::from_secs(3_000)).as_second().to_string();
    for (headers, seconds) in [
        (header("retry-after", "40"), 40),
        (header("retry-after", &date(now, 3_000)), 3_000),
        (header("retry-after", "-5"), USUAL),
        (header("retry-after", "1000000000"), HOUR),
        (header("retry-after", "soon"), USUAL),
        (vec![], USUAL),
        (header("retry-after-ms", "25000"), 25),
        (header("x-ratelimit-reset-requests", "6m0s"), 360),
        (header("x-ratelimit-reset-tokens", "90s"), 90),
        (header("x-ratelimit-reset", &in_3000), 3_000),
        // U24: clocks that are wrong, and dates that are nonsense.
        (header("retry-after", "Wed, 21 Oct 1970 07:28:00 GMT"), USUAL),
        (header("retry-after", "Sun, 07 Feb 2106 06:28:15 GMT"), HOUR),
        (clock(past, 30), 30),
        (clock(now + Duration::from_secs(80 * 365 * 86_400), 30), 30),
    ] {
        for body in [ask("hello"), ask_stream("hello")] {
            let mock = mock().await;
            let gateway = pool(&mock, &["a", "b"], "routing = { usual_rest = \"2000s\" }").await;
            let headers: BTreeMap<_, _> = headers.clone().into_iter().collect();
            mock.set_key("sk-a", Behaviour { headers: headers.clone(), ..fails(429) });
            let reply = gateway.chat(&body).await;
            assert_eq!(reply.status, 200, "another account answers: {}", reply.text());
            assert_eq!(reply.header("x-tabway-attempts"), "2");
            let Standing::Rests(Why::Limit, ms) = standing(&gateway, "a") else {
                panic!("{headers:?}: {:?}", standing(&gateway, "a"))
            };
            let most = seconds * 1_000;
            let least = if seconds == USUAL { most / 2 } else { most };
            // What has passed since; a busy machine takes its time.
            let least = least.saturating_sub(if seconds < 1_000 { 20_000 } else { 500_000 });
            assert!((least..=most).contains(&ms), "{headers:?}: {ms} ms");
            for _ in 0..4 {
                assert_eq!(gateway.chat(&body).await.header("x-tabway-attempts"), "1");
            }
            assert_eq!(asked_with(&mock, "a"), 1, "it was left alone");
        }
    }
}

#[tokio::test]
async fn u8_the_wait_may_stand_in_the_errors_body_and_a_quota_is_another_rest() {
    let google = |quota: &str| {
        format!(
            "{{\"error\":{{\"message\":\"x\",\"details\":[{{\"violations\":[{{\"quotaId\":\
             \"{quota}\"}}]}},{{\"retryDelay\":\"90s\"}}]}}}}"
        )
    };
    let quota = r#"{"error":{"message":"x","code":"insufficient_quota"}}"#.to_owned();
    for (status, body, why, seconds) in [
        (429, google("PerMinute"), Why::Limit, 80..=90),
        (429, google("PerDay"), Why::Quota, 1_700..=3_600),
        (429, quota, Why::Quota, 1_700..=3_600),
        (402, "{}".to_owned(), Why::Quota, 1_700..=3_600),
    ] {
        let mock = mock().await;
        let gateway = pool(&mock, &["a", "b"], "").await;
        mock.set_key("sk-a", Behaviour { error_body: Some(body.clone()), ..fails(status) });
        assert_eq!(gateway.chat(&ask("hello")).await.status, 200);
        let Standing::Rests(told, ms) = standing(&gateway, "a") else { panic!("{body}") };
        assert!(told == why && seconds.contains(&(ms / 1_000)), "{body}: {told:?} {ms}");
    }
}

#[tokio::test]
async fn u9_a_refused_credential_is_out_is_told_and_is_back_when_it_was_changed() {
    for status in [401, 403] {
        let mock = mock().await;
        let alerts = "alerts = { after = \"1ms\" }";
        let gateway = pool(&mock, &["a", "b"], alerts).await;
        mock.set_key("sk-a", fails(status));
        for _ in 0..30 {
            assert_eq!(gateway.chat(&ask("hello")).await.status, 200);
        }
        assert_eq!(asked_with(&mock, "a"), 1, "no storm");
        assert!(matches!(standing(&gateway, "a"), Standing::Rests(Why::Refused, 29_000..=60_000)));
        let told = "p#a: the upstream refuses its credential";
        wait_until(|| crate::support::log::text().contains(told)).await;

        let changed = config(&mock, &["a", "b"], alerts).replace("\"sk-a\"", "\"sk-new\"");
        std::fs::write(gateway.folder.path().join("tabway.toml"), changed).expect("written");
        gateway.running.reload().expect("reloads");
        assert_eq!(standing(&gateway, "a"), Standing::Well);
        wait_until(|| crate::support::log::text().contains("p#a: in service again")).await;
    }
}

#[tokio::test]
async fn u10_failures_rest_an_account_by_n_of_m_and_never_one() {
    for status in [500, 502, 503, 529] {
        let mock = mock().await;
        let gateway = pool(&mock, &["a", "b"], "routing = { failures = 3, of = 10 }").await;
        mock.set_key("sk-a", fails(status));
        let mut failures = 0;
        while standing(&gateway, "a") == Standing::Well {
            assert_eq!(gateway.chat(&ask("hello")).await.status, 200, "another account answers");
            failures = asked_with(&mock, "a");
        }
        assert_eq!(failures, 3, "{status}");
        let Standing::Rests(Why::Failures, _) = standing(&gateway, "a") else { panic!("{status}") };
        for _ in 0..6 {
            assert_eq!(gateway.chat(&ask("hello")).await.header("x-tabway-attempts"), "1");
        }
        assert_eq!(asked_with(&mock, "a"), 3, "{status}");
    }
}

#[tokio::test]
async fn u10_no_more_is_tried_again_than_the_retry_budget_allows() {
    let mock = mock().await;
    // Nothing rests, so that only the budget stands between the clients and the upstream.
    let rules = "routing = { failures = 64, of = 64, retry_percent = 10, retry_floor = 3 }";
    let gateway = pool(&mock, &["a", "b"], rules).await;
    mock.set_model("m", fails(500));
    for _ in 0..55 {
        let reply = gateway.chat(&ask("hello")).await;
        assert_eq!((reply.status.as_u16(), &*reply.code()), (502, "upstream_error"));
    }
    let retries = mock.journal().len() - 55;
    assert!((7..=8).contains(&retries), "10 % of 55 and 3: {retries}");
    let metrics = gateway.get("/metrics").await.text();
    assert!(metrics.contains(&format!("tabway_retries_total {retries}")), "{metrics}");
    assert!(metrics.contains(&format!("tabway_retries_refused_total {}", 55 - retries)));
    let ledger = gateway.running.app.store.ledger();
    ledger.flush().await;
    let last = &ledger.recent(1).await.expect("rows")[0];
    let attempts = ledger.attempts(&last.id).await.expect("rows");
    assert_eq!(attempts.len(), 1);
    assert!(attempts[0].route.ends_with("the retry budget is used up"), "{}", attempts[0].route);
}

#[tokio::test]
async fn u20_where_all_rest_the_client_is_told_when_the_first_one_is_back() {
    let mock = mock().await;
    let gateway = pool(&mock, &["a", "b"], "routing = { failures = 2, of = 4 }").await;
    for (key, wait) in [("sk-a", "40"), ("sk-b", "900")] {
        mock.set_key(key, Behaviour { retry_after: Some(wait.to_owned()), ..fails(429) });
    }
    gateway.chat(&ask("hello")).await;
    let asked = mock.journal().len();
    for body in [ask("hello"), ask_stream("hello")] {
        let reply = gateway.chat(&body).await;
        assert_eq!((reply.status.as_u16(), &*reply.code()), (429, "upstream_rate_limited"));
        let wait: u64 = reply.header("retry-after").parse().expect("seconds");
        assert!((30..=40).contains(&wait), "{wait}");
    }
    assert_eq!(mock.journal().len(), asked, "the upstream was left alone");

    let mock = self::mock().await;
    let gateway = pool(&mock, &["a"], "routing = { failures = 2, of = 4 }").await;
    mock.set_model("m", fails(500));
    while standing(&gateway, "a") == Standing::Well {
        gateway.chat(&ask("hello")).await;
    }
    let reply = gateway.chat(&ask("hello")).await;
    assert_eq!((reply.status.as_u16(), &*reply.code()), (503, "targets_resting"));
    let wait: u64 = reply.header("retry-after").parse().expect("seconds");
    assert!((1..=5).contains(&wait), "{wait}");
}

#[tokio::test]
async fn u21_after_a_rest_one_request_goes_first_and_not_a_thousand() {
    let mock = mock().await;
    let gateway = pool(&mock, &["a"], "").await;
    let headers = [("retry-after-ms".to_owned(), "50".to_owned())].into();
    mock.push(Behaviour { headers, ..fails(429) });
    assert_eq!(gateway.chat(&ask("hello")).await.status, 429);
    wait_until(|| standing(&gateway, "a") == Standing::Due(Why::Limit)).await;

    // The first one is not answered; nobody goes while it is out.
    mock.push(Behaviour { silent: true, ..Behaviour::default() });
    let first = gateway.open_raw_chat(&ask("hello")).await;
    mock.wait_for(PATIENCE, |all| (all.len() == 2).then_some(())).await.expect("one goes first");
    let hello = ask("hello");
    let others = futures_util::future::join_all((0..100).map(|_| gateway.chat(&hello))).await;
    let refused = |reply: &Reply| (reply.status == 429) && reply.header("retry-after") == "1";
    assert!(others.iter().all(refused));
    assert_eq!(mock.journal().len(), 2);

    // It leaves and has found out nothing: the next one goes first, and then all do.
    drop(first);
    wait_until(|| standing(&gateway, "a") == Standing::Due(Why::Limit)).await;
    assert_eq!(gateway.chat(&ask("hello")).await.status, 200);
    assert_eq!(standing(&gateway, "a"), Standing::Well);
    let all = futures_util::future::join_all((0..20).map(|_| gateway.chat(&hello))).await;
    assert!(all.iter().all(|reply| reply.status == 200));
}

#[tokio::test]
async fn p11_a_target_that_a_reload_removes_ends_what_it_has_and_gets_nothing_new() {
    let (old, new) = (mock().await, mock().await);
    let gateway = pool(&old, &["a"], "").await;
    old.push(Behaviour { chunk_ms: 40, ..Behaviour::default() });
    let long = ask_stream("one two three four five six seven eight");
    let open = gateway.open_chat(&long).await;
    std::fs::write(gateway.folder.path().join("tabway.toml"), config(&new, &["a"], ""))
        .expect("written");
    gateway.running.reload().expect("reloads");
    for _ in 0..5 {
        assert_eq!(gateway.chat(&ask("hello")).await.status, 200);
    }
    let whole = http_body_util::BodyExt::collect(open.into_body()).await.expect("whole").to_bytes();
    assert!(String::from_utf8_lossy(&whole).ends_with("data: [DONE]\n\n"));
    assert_eq!((old.journal().len(), new.journal().len()), (1, 5));
}
