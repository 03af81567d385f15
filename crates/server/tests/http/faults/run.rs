//! Runs one fault: buffered and streamed, with the broken target alone and with a good one after it,
//! and looks at the client's answer, the ledger and what is still held.

use std::time::Duration;

use http::Method;
use mock_upstream::{FaultProxy, MockUpstream, expected_answer};
use serde_json::{Value, json};
use tabway_store::ledger::{AttemptRow, RequestRow};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::case::{Case, Seen, Upstream};
use crate::{
    support::{Gateway, PATIENCE, Reply},
    v1::chat::{CANARY, mock, text_of},
};

pub const KEY: &str = "tw-key-of-the-fault-tests";
pub const PROMPT: &str = "grüße an alle, one two three four";

/// Dollars that the key may spend.
const BUDGET: u64 = 100_000_000;

/// Dollars for a million tokens of an answer, which is micro-USD for one. The request is free, so
/// that figures are plain.
pub const PRICE: i64 = 1_000;

/// Tokens that it may use in a minute.
const TOKENS: u64 = 1_000_000_000;

/// The upstream of a case, for as long as it is held.
#[expect(dead_code, reason = "held, so that it stands")]
enum Standing {
    Nobody,
    Port(TcpSocket),
    Full(TcpListener, Vec<TcpStream>),
    Mock(MockUpstream),
    Spoilt(MockUpstream, FaultProxy),
}

async fn stand(upstream: &Upstream) -> (String, Standing) {
    match upstream {
        Upstream::At(address) => ((*address).to_owned(), Standing::Nobody),
        Upstream::Refuses => {
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
            let at = socket.local_addr().expect("an address");
            (format!("http://{at}/v1"), Standing::Port(socket))
        }
        Upstream::BlackHole => {
            let (at, listener, waiting) = black_hole().await;
            (format!("http://{at}/v1"), Standing::Full(listener, waiting))
        }
        Upstream::NotTls => {
            let mock = mock().await;
            (mock.base_url().replace("http:", "https:"), Standing::Mock(mock))
        }
        Upstream::Mock(behaviour) => {
            let mock = mock().await;
            mock.set_model("mock-model", behaviour.clone());
            (mock.base_url(), Standing::Mock(mock))
        }
        Upstream::Spoilt(behaviour, fault) => {
            let mock = mock().await;
            mock.set_model("mock-model", behaviour.clone());
            let proxy = FaultProxy::start(mock.addr, fault.clone()).await.expect("a proxy");
            (proxy.base_url(), Standing::Spoilt(mock, proxy))
        }
    }
}

/// A listener whose queue is full: the kernel drops whoever comes.
pub async fn black_hole() -> (std::net::SocketAddr, TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(([127, 0, 0, 1], 0).into()).expect("a port");
    let listener = socket.listen(0).expect("it listens");
    let at = listener.local_addr().expect("an address");
    let mut waiting = Vec::new();
    while let Ok(Ok(one)) =
        tokio::time::timeout(Duration::from_millis(150), TcpStream::connect(at)).await
    {
        waiting.push(one);
    }
    (at, listener, waiting)
}

/// A gateway whose key has every limit. `places` are providers by name; `models` have their targets
/// by the places' names.
pub async fn gateway(
    places: &[(&str, &str)],
    models: &[(&str, &[&str])],
    limits: &str,
    model: &str,
) -> Gateway {
    let mut config = format!(
        "{limits}\n[[keys]]\nname = \"dev\"\nsecret = \"{KEY}\"\nconcurrency = 4000\n\
         rpm = 1000000\ntpm = {TOKENS}\nbudget_usd = {BUDGET}\n\
         [[prices]]\nmodel = \"*\"\ninput = 0\noutput = {PRICE}\n"
    );
    for (name, url) in places {
        config += &format!(
            "[[providers]]\nname = \"{name}\"\nbase_url = \"{url}\"\n\
             [[providers.accounts]]\nname = \"main\"\nsecret = \"{CANARY}\"\n"
        );
    }
    for (name, targets) in models {
        let targets: Vec<String> = targets
            .iter()
            .map(|place| format!("{{ provider = \"{place}\", model = \"mock-model\" }}"))
            .collect();
        let targets = targets.join(", ");
        config += &format!("[[models]]\nname = \"{name}\"\ntargets = [{targets}]\n{model}\n");
    }
    Gateway::start(&config).await
}

pub fn body(model: &str, streams: bool) -> Value {
    let messages = json!([{ "role": "user", "content": PROMPT }]);
    json!({ "model": model, "messages": messages, "stream": streams })
}

pub async fn chat(gateway: &Gateway, body: &Value) -> Reply {
    let bearer = format!("Bearer {KEY}");
    let headers = [("authorization", &*bearer), ("content-type", "application/json")];
    let body = body.to_string();
    let chat = gateway.send(Method::POST, "/v1/chat/completions", &headers, &body);
    tokio::time::timeout(PATIENCE, chat).await.expect("every request has an end")
}

/// Runs a case in every way.
pub async fn run(case: &Case) {
    let (url, _standing) = stand(&case.upstream).await;
    let good = mock().await;
    // A place for each run: what rests after one is well in the next.
    let bad = ["bad0", "bad1", "bad2", "bad3"].map(|name| (name, &*url));
    let good_url = good.base_url();
    let places: Vec<(&str, &str)> = bad.into_iter().chain([("good", &*good_url)]).collect();
    let models: [(&str, &[&str]); 4] = [
        ("alone-whole", &["bad0"]),
        ("alone-stream", &["bad1"]),
        ("beside-whole", &["bad2", "good"]),
        ("beside-stream", &["bad3", "good"]),
    ];
    let gateway = gateway(&places, &models, case.limits, case.model).await;
    for (at, seen) in [(0, case.whole), (1, case.stream), (2, case.whole), (3, case.stream)] {
        if matches!(seen, Seen::Nothing(_)) {
            continue;
        }
        let about = format!("{} {}: {}", case.row, case.fault, models[at].0);
        let reply = chat(&gateway, &body(models[at].0, at % 2 == 1)).await;
        let takes_over = at >= 2 && seen.another_takes_over();
        let expected = if takes_over { Seen::Whole } else { seen };
        look(&reply, expected, &about);
        let (row, attempts) = row_of(&gateway, reply.header("x-request-id")).await;
        told(&row, &attempts, (bad[at].0, seen, takes_over), case.words, &about);
    }
    at_rest(&gateway).await;
}

/// What the client sees.
fn look(reply: &Reply, seen: Seen, about: &str) {
    let text = reply.text();
    assert!(!text.contains(CANARY), "{about}: our credential\n{text}");
    let status = reply.status.as_u16();
    match seen {
        Seen::Whole => {
            assert_eq!(status, 200, "{about}: {text}");
            let streams = reply.header("content-type") == "text/event-stream";
            let answer = match streams {
                true => text_of(&text),
                false => reply.json()["choices"][0]["message"]["content"].to_string(),
            };
            assert!(answer.contains(&expected_answer(PROMPT)), "{about}: {text}");
            assert_eq!(text.matches("[DONE]").count(), usize::from(streams), "{about}: {text}");
            assert!(!text.contains("\"error\""), "{about}: {text}");
        }
        Seen::Passes(_) => {
            assert_eq!(status, 200, "{about}: {text}");
            assert!(!text.contains("\"error\":{"), "{about}: {text}");
        }
        Seen::Failure(wanted, code) => {
            let start: String = text.chars().take(300).collect();
            assert_eq!(status, wanted, "{about}: {start}");
            assert_eq!(reply.code(), code, "{about}: {start}");
            let id = reply.header("x-request-id");
            assert_eq!(reply.json()["error"]["request_id"], id, "{about}");
            assert!(!text.contains("<html"), "{about}: {start}");
        }
        Seen::Event(code) => {
            let end: String = text[text.len().saturating_sub(600)..].to_owned();
            assert_eq!(status, 200, "{about}: {end}");
            let last = text.trim_end().rsplit("\n\n").next().unwrap_or_default();
            assert!(last.starts_with("data: {\"error\":"), "{about}: {end}");
            assert!(last.contains(&format!("\"code\":\"{code}\"")), "{about}: {end}");
            assert!(last.contains(reply.header("x-request-id")), "{about}: {end}");
            assert!(!text.contains("[DONE]"), "{about}: {end}");
        }
        Seen::Nothing(_) => {}
    }
}

/// What the ledger says.
fn told(
    row: &RequestRow,
    attempts: &[AttemptRow],
    (place, seen, takes_over): (&str, Seen, bool),
    words: &str,
    about: &str,
) {
    let target = format!("{place}/mock-model");
    let code = seen.code().unwrap_or("ok");
    let tries: Vec<(&str, &str)> =
        attempts.iter().map(|one| (one.target.as_str(), one.outcome.as_str())).collect();
    let mut expected = vec![(target.as_str(), code)];
    if takes_over {
        expected.push(("good/mock-model", "ok"));
    }
    assert_eq!(tries, expected, "{about}");
    let outcome = if takes_over { "ok" } else { code };
    assert_eq!(row.outcome, outcome, "{about}: {row:?}");
    let answered = match (takes_over, seen) {
        (true, _) => "good/mock-model",
        (false, Seen::Failure(..)) => "",
        (false, _) => target.as_str(),
    };
    assert_eq!(row.target, answered, "{about}: {row:?}");
    // What a client got is paid for, and nothing else is.
    match seen {
        Seen::Failure(..) if !takes_over => assert_eq!(row.cost_micro_usd, 0, "{about}: {row:?}"),
        Seen::Event(_) => assert!(row.input_tokens > 0, "{about}: {row:?}"),
        Seen::Whole => assert!(row.cost_micro_usd > 0, "{about}: {row:?}"),
        _ => {}
    }
    if about.contains("usage") {
        let counted = about.contains("grows");
        assert_eq!(row.usage_estimated, !counted, "{about}: {row:?}");
    }
    assert!(attempts[0].error.contains(words), "{about}: {}", attempts[0].error);
}

/// A request's row and its attempts.
pub async fn row_of(gateway: &Gateway, id: &str) -> (RequestRow, Vec<AttemptRow>) {
    let ledger = gateway.running.app.store.ledger();
    ledger.flush().await;
    let row = ledger.recent(50).await.expect("rows").into_iter().find(|row| row.id == id);
    (row.expect("the request's row"), ledger.attempts(id).await.expect("attempts"))
}

/// Waits until nothing is held any more: no slot, no place, no permit, and of the budget exactly
/// what the ledger's rows cost.
pub async fn at_rest(gateway: &Gateway) {
    let app = &gateway.running.app;
    let bearer = format!("Bearer {}", app.admin_token.expose());
    let last = std::cell::Cell::new(None);
    let resting = async {
        loop {
            app.store.ledger().flush().await;
            let metrics = gateway.get("/metrics").await.text();
            let busy: usize = app.config().providers.iter().map(|p| app.places.of(p).load()).sum();
            let headers = [("authorization", &*bearer)];
            let key = gateway.send(Method::GET, "/api/keys/dev", &headers, "").await.json();
            let limits = &key["limits"];
            let spent = key["used"]["cost_micro_usd"].as_u64().expect("money");
            let tokens = ["input_tokens", "output_tokens"].map(|name| key["used"][name].as_u64());
            let tokens: u64 = tokens.into_iter().flatten().sum();
            let left = |limit: &str| limits[limit]["left"].as_u64().expect("a limit");
            let now = (
                app.store.ledger().in_flight(),
                metrics.contains("tabway_requests_in_flight 0"),
                busy,
                limits["in_flight"].as_u64(),
                (BUDGET * 1_000_000 - left("budget")).abs_diff(spent),
                // A minute later they are free again.
                (TOKENS - left("tokens")).saturating_sub(tokens),
            );
            if now == (0, true, 0, Some(0), 0, 0) {
                return;
            }
            last.set(Some(now));
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let rested = tokio::time::timeout(PATIENCE, resting).await;
    assert!(rested.is_ok(), "still held: {:?}", last.take());
}
