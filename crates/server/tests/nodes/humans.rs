//! N9: a page that needs its human. The seat rests and says why, its owner is told once, no request
//! is tried at it, and it is back by itself once the page is fine.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Json, routing::post};
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Value, json};
use tabway::nodes::NodeView;
use tabway_protocol::message::{
    Diagnosis, FoundSignal, GatewayMessage, Lane, LaneState, NodeFailure, NodeFailureClass,
    NodeMessage, Seat, SeatState, Site,
};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

use crate::support::{Gateway, Node, PATIENCE, all, site};

/// What takes messages, as a service of the owner would.
struct Hook {
    address: String,
    heard: mpsc::Receiver<(HeaderMap, Value)>,
}

impl Hook {
    /// One that answers its first messages so, and takes all others.
    async fn start(first: Vec<StatusCode>) -> Self {
        let (sender, heard) = mpsc::channel(100);
        let count = Arc::new(AtomicUsize::new(0));
        let take = move |headers: HeaderMap, Json(body): Json<Value>| {
            let at = count.fetch_add(1, Ordering::Relaxed);
            let status = first.get(at).copied().unwrap_or(StatusCode::NO_CONTENT);
            let _ = sender.try_send((headers, body));
            async move { status }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let router = axum::Router::new().route("/hook", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, heard }
    }

    async fn next(&mut self) -> (HeaderMap, Value) {
        timeout(PATIENCE, self.heard.recv()).await.expect("a message in time").expect("a message")
    }
}

/// A gateway that tells the hook at once, and its browser.
async fn gateway(hook: &Hook) -> (Gateway, Node) {
    gateway_of(hook, "", site(0, 0)).await
}

async fn gateway_of(hook: &Hook, more: &str, site: Site) -> (Gateway, Node) {
    let gateway = Gateway::start().await;
    let address = &hook.address;
    let file = format!(
        "[alerts]\nwebhook = \"{address}\"\nsecret = \"canary-7f3a\"\nafter = \"20ms\"\n{more}"
    );
    gateway.reload_with(&file).expect("a good file");
    gateway.app().nodes.set_sites(vec![site]);
    let node = gateway.browser(1).await;
    (gateway, node)
}

async fn ask(gateway: &Gateway) -> (http::Response<bytes::Bytes>, Value) {
    let body = json!({"model": "page/default", "messages": [{"role": "user", "content": "Hi"}]});
    let headers = [("content-type", "application/json")];
    let path = "/v1/chat/completions";
    let response = gateway.send(Method::POST, path, &headers, body.to_string()).await;
    let body = serde_json::from_slice(response.body()).unwrap_or_default();
    (response, body)
}

/// Shows a state, and waits until the gateway has heard it.
async fn show(gateway: &Gateway, node: &mut Node, state: SeatState) {
    node.seats(state, 1, false).await;
    gateway.until(|views| views[0].seats[0].state == state).await;
}

#[tokio::test]
async fn n9_each_state_is_told_once_with_what_to_do_and_its_end_too() {
    let mut hook = Hook::start(vec![]).await;
    let (gateway, mut node) = gateway(&hook).await;
    for (state, reason) in [
        (SeatState::SignedOut, "signed_out"),
        (SeatState::Challenge, "challenge"),
        (SeatState::Consent, "consent"),
    ] {
        show(&gateway, &mut node, state).await;
        let (headers, told) = hook.next().await;
        assert_eq!(headers[header::AUTHORIZATION], "Bearer canary-7f3a");
        assert_eq!(told["event"], "seat.needs_human", "{told}");
        assert_eq!((&told["reason"], &told["site"]), (&json!(reason), &json!("page")));
        assert_eq!(told["node"], json!(node.id));
        assert!(told["advice"].as_str().is_some_and(|advice| advice.len() > 10), "{told}");
        // Whoever asks meanwhile is told the reason and when to ask again; the page is left alone,
        // and the owner hears of none of them.
        for _ in 0..20 {
            let (response, body) = ask(&gateway).await;
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{body}");
            assert_eq!(body["error"]["code"], json!(reason));
            assert_eq!(response.headers()[header::RETRY_AFTER], "30");
        }
        let (_, seats) = gateway.api(Method::GET, "/api/seats", "").await;
        let need = &seats["seats"][0]["need"];
        assert_eq!((&need["reason"], &need["since_ms"]), (&told["reason"], &told["since_ms"]));
        let (_, status) = gateway.api(Method::GET, "/api/status", "").await;
        assert_eq!(status["needs_human"][0]["since_ms"], told["since_ms"], "{status}");
        // The page is fine: in service again, by itself.
        show(&gateway, &mut node, SeatState::Ready).await;
        let (_, back) = hook.next().await;
        assert_eq!((&back["event"], &back["reason"]), (&json!("seat.back"), &json!(reason)));
        let turn = gateway.turn("again").await.expect("in service");
        let job = node.job().await.job;
        node.done(&job, 0, false).await;
        all(turn).await;
    }
    assert!(hook.heard.try_recv().is_err(), "nothing else was told");
}

#[tokio::test]
async fn n9_what_a_turn_meets_rests_the_seat_until_its_human_has_looked() {
    let mut hook = Hook::start(vec![]).await;
    let (gateway, mut node) = gateway(&hook).await;
    let (asked, ()) = tokio::join!(ask(&gateway), async {
        let job = node.job().await.job;
        let failure = NodeFailure {
            class: NodeFailureClass::Challenge,
            message: "The page asks for a check.".to_owned(),
            locator: None,
            site_words: Some("Are you a person?".to_owned()),
        };
        node.say(&NodeMessage::Failed { job, last_seq: 0, accepted: false, failure }).await;
    });
    assert_eq!(asked.0.status(), StatusCode::SERVICE_UNAVAILABLE, "{}", asked.1);
    assert_eq!(asked.1["error"]["code"], "challenge");
    let (_, told) = hook.next().await;
    assert_eq!(
        (&told["reason"], &told["words"]),
        (&json!("challenge"), &json!("page: Are you a person?"))
    );
    // A tab that is closed or loads has not been mended.
    for state in [SeatState::Challenge, SeatState::NoTab, SeatState::Loading] {
        show(&gateway, &mut node, state).await;
        assert!(gateway.app().nodes.nodes()[0].seats[0].need.is_some(), "{state:?}");
    }
    show(&gateway, &mut node, SeatState::Ready).await;
    assert_eq!(hook.next().await.1["event"], "seat.back");
    // The rest of that failure is over, too.
    let _turn = gateway.turn("again").await.expect("in service");
}

/// What a site's page needs is not forgotten by taking the site away and giving it back.
#[tokio::test]
async fn n9_a_site_that_comes_back_still_needs_its_human() {
    let mut hook = Hook::start(vec![]).await;
    let (gateway, mut node) = gateway(&hook).await;
    let (_, ()) = tokio::join!(ask(&gateway), async {
        let job = node.job().await.job;
        let failure = NodeFailure {
            class: NodeFailureClass::Challenge,
            message: "The page asks for a check.".to_owned(),
            locator: None,
            site_words: None,
        };
        node.say(&NodeMessage::Failed { job, last_seq: 0, accepted: false, failure }).await;
    });
    assert_eq!(hook.next().await.1["reason"], "challenge");
    let need = |views: &[NodeView]| views[0].seats.first().and_then(|seat| seat.need.clone());
    let before = need(&gateway.app().nodes.nodes()).expect("a need");
    gateway.app().nodes.set_sites(vec![]);
    node.offer(1).await;
    gateway.until(|views| views[0].seats.is_empty()).await;
    gateway.app().nodes.set_sites(vec![site(0, 0)]);
    node.offer(1).await;
    gateway.until(|views| !views[0].seats.is_empty()).await;
    assert_eq!(need(&gateway.app().nodes.nodes()), Some(before));
}

#[tokio::test]
async fn n9_a_used_up_quota_is_told_and_so_is_its_end() {
    let mut hook = Hook::start(vec![]).await;
    let mut limited = site(0, 0);
    limited.adapter.limits.cool_down_ms = 300;
    let (gateway, mut node) = gateway_of(&hook, "", limited).await;
    let (asked, ()) = tokio::join!(ask(&gateway), async {
        let job = node.job().await.job;
        let failure = NodeFailure {
            class: NodeFailureClass::Quota,
            message: "A quota of the account is used up.".to_owned(),
            locator: None,
            site_words: Some("Your free messages are used up.".to_owned()),
        };
        node.say(&NodeMessage::Failed { job, last_seq: 0, accepted: false, failure }).await;
    });
    assert_eq!(asked.0.status(), StatusCode::TOO_MANY_REQUESTS, "{}", asked.1);
    let (_, told) = hook.next().await;
    assert_eq!((&told["event"], &told["reason"]), (&json!("seat.needs_human"), &json!("quota")));
    assert_eq!(told["words"], "page: Your free messages are used up.");
    let (_, back) = hook.next().await;
    assert_eq!((&back["event"], &back["reason"]), (&json!("seat.back"), &json!("quota")));
}

#[tokio::test]
async fn n9_a_webhook_that_fails_is_tried_again_with_the_same_message_and_blocks_nothing() {
    let mut hook = Hook::start(vec![StatusCode::BAD_GATEWAY]).await;
    let (gateway, mut node) = gateway(&hook).await;
    show(&gateway, &mut node, SeatState::SignedOut).await;
    let (_, first) = hook.next().await;
    let asked = timeout(Duration::from_millis(900), ask(&gateway)).await.expect("at once");
    assert_eq!(asked.1["error"]["code"], "signed_out");
    let (_, again) = hook.next().await;
    assert_eq!(first["id"], again["id"]);
    // What the service refuses for good is not sent again.
    let mut deaf = Hook::start(vec![StatusCode::GONE]).await;
    let file = format!("[alerts]\nwebhook = \"{}\"\nafter = \"20ms\"", deaf.address);
    gateway.reload_with(&file).expect("a good file");
    gateway.app().nodes.set_sites(vec![site(0, 0)]);
    show(&gateway, &mut node, SeatState::Challenge).await;
    let (headers, gone) = deaf.next().await;
    assert!(!headers.contains_key(header::AUTHORIZATION));
    show(&gateway, &mut node, SeatState::Consent).await;
    let (_, next) = deaf.next().await;
    assert_eq!((&gone["reason"], &next["reason"]), (&json!("challenge"), &json!("consent")));
    assert!(hook.heard.try_recv().is_err());
}

/// The next look that the gateway asks for, and the lane that it names.
async fn look(node: &mut Node) -> (String, Option<u64>) {
    match node.next_word().await {
        GatewayMessage::Diagnose { request, site, lane, wait_ms, .. } if site == "page" => {
            assert_eq!(wait_ms, None, "nothing is waited for");
            (request, lane)
        }
        other => panic!("{other:?} instead of a look"),
    }
}

/// What the page shows: nothing but this signal.
fn shows(about: &str, signal: Option<(&str, SeatState)>) -> NodeMessage {
    let found = |(signal, _): (&str, SeatState)| FoundSignal {
        signal: signal.to_owned(),
        probe: 0,
        words: "Its words.".to_owned(),
    };
    NodeMessage::Diagnosis(Diagnosis {
        about: about.to_owned(),
        site: "page".to_owned(),
        path: "/".to_owned(),
        state: signal.map_or(SeatState::Ready, |(_, state)| state),
        detail: String::new(),
        locators: vec![],
        signals: signal.map(found).into_iter().collect(),
        sketch: String::new(),
    })
}

#[tokio::test]
async fn n9_an_idle_page_is_looked_at_now_and_again() {
    let mut hook = Hook::start(vec![]).await;
    let (gateway, mut node) = gateway_of(&hook, "check_every = \"40ms\"", site(0, 0)).await;
    let (request, lane) = look(&mut node).await;
    assert_eq!(lane, None);
    node.say(&shows(&request, None)).await;
    // The page's word comes before the answer, as the extension sends it.
    let (request, _) = look(&mut node).await;
    node.seats(SeatState::SignedOut, 1, false).await;
    node.say(&shows(&request, Some(("signed_out", SeatState::SignedOut)))).await;
    assert_eq!(hook.next().await.1["reason"], "signed_out");
    let (request, _) = look(&mut node).await;
    node.seats(SeatState::Ready, 1, false).await;
    node.say(&shows(&request, None)).await;
    assert_eq!(hook.next().await.1["event"], "seat.back");
    drop(gateway);
}

#[tokio::test]
async fn n9_a_page_that_was_not_looked_at_for_long_is_looked_at_before_a_turn() {
    let hook = Hook::start(vec![]).await;
    let (gateway, mut node) = gateway(&hook).await;
    let meets = |job: String| NodeMessage::Failed {
        job,
        last_seq: 0,
        accepted: false,
        failure: NodeFailure {
            class: NodeFailureClass::SignedOut,
            message: "The page is signed out.".to_owned(),
            locator: None,
            site_words: None,
        },
    };
    let (first, ()) = tokio::join!(ask(&gateway), async {
        let job = node.job().await.job;
        node.say(&meets(job)).await;
    });
    assert_eq!(first.1["error"]["code"], "signed_out");
    // While it rests nothing is sent to the page.
    assert_eq!(ask(&gateway).await.1["error"]["code"], "signed_out");
    gateway.until(|views| views[0].seats[0].rests_ms.is_none()).await;
    // The rest is over, and nobody has looked: before anything is typed, the page is.
    let (second, ()) = tokio::join!(ask(&gateway), async {
        let (request, lane) = look(&mut node).await;
        assert_eq!(lane, Some(1));
        node.say(&shows(&request, Some(("signed_out", SeatState::SignedOut)))).await;
    });
    assert_eq!(second.0.status(), StatusCode::SERVICE_UNAVAILABLE, "{}", second.1);
    assert_eq!(second.1["error"]["code"], "signed_out");
    assert!(second.1.to_string().contains("Its words."), "{}", second.1);
}

#[tokio::test]
async fn n9_a_check_looks_at_the_pages_and_says_what_to_do() {
    let hook = Hook::start(vec![]).await;
    let (gateway, mut node) = gateway(&hook).await;
    let ((status, fine), ()) =
        tokio::join!(gateway.api(Method::POST, "/api/nodes/check", "{}"), async {
            let (request, _) = look(&mut node).await;
            node.say(&shows(&request, None)).await;
        });
    assert_eq!((status, &fine["ready"]), (StatusCode::OK, &json!(true)), "{fine}");
    assert_eq!((&fine["checked"][0]["looked"], &fine["needs_human"]), (&json!(true), &json!([])));
    let body = json!({ "node": node.id }).to_string();
    let ((_, needs), ()) =
        tokio::join!(gateway.api(Method::POST, "/api/nodes/check", &body), async {
            let (request, _) = look(&mut node).await;
            node.seats(SeatState::Consent, 1, false).await;
            node.say(&shows(&request, Some(("consent", SeatState::Consent)))).await;
        });
    assert_eq!(
        (&needs["ready"], &needs["checked"][0]["state"]),
        (&json!(false), &json!("consent"))
    );
    assert_eq!(needs["checked"][0]["need"]["reason"], "consent", "{needs}");
    assert_eq!(needs["needs_human"][0]["problem"], "a consent");
    let other = r#"{"node":"node_00000000000000000000000000000000"}"#;
    let (unknown, _) = gateway.api(Method::POST, "/api/nodes/check", other).await;
    assert!(unknown.is_client_error(), "{unknown}");
}

/// A seat with one lane in this state, with what its owner says of pictures.
fn seat(state: SeatState, picture: bool) -> NodeMessage {
    let seat = Seat {
        site: "page".to_owned(),
        state,
        detail: String::new(),
        lanes: vec![Lane { lane: 1, state: LaneState::Unready, after: None }],
        models: vec![],
        told: std::collections::BTreeMap::new(),
        picture,
        harvests: true,
    };
    NodeMessage::Seats { paused: false, seats: vec![seat] }
}

#[tokio::test]
async fn n9_there_is_a_picture_of_the_page_only_if_its_owner_allows_one() {
    let mut hook = Hook::start(vec![]).await;
    let (gateway, mut node) = gateway(&hook).await;
    let api = format!("/api/seats/{}/page/picture", node.id);
    let page = format!("/page/pictures/{}/page", node.id);
    let sketched = |about: &str| match shows(about, Some(("challenge", SeatState::Challenge))) {
        NodeMessage::Diagnosis(seen) => {
            NodeMessage::Diagnosis(Diagnosis { sketch: "<svg/>".to_owned(), ..seen })
        }
        other => other,
    };
    // Not allowed: nobody asks for one, and a look for another reason gives none.
    node.say(&seat(SeatState::Challenge, false)).await;
    assert_eq!(hook.next().await.1["reason"], "challenge");
    tokio::join!(gateway.api(Method::POST, "/api/nodes/check", "{}"), async {
        let (request, _) = look(&mut node).await;
        node.say(&sketched(&request)).await;
    });
    assert_eq!(gateway.api(Method::GET, &api, "").await.0, StatusCode::NOT_FOUND);
    assert_eq!(gateway.http(Method::GET, &page, None, "").await.0, StatusCode::NOT_FOUND);
    node.say(&seat(SeatState::Ready, true)).await;
    assert_eq!(hook.next().await.1["event"], "seat.back");
    // Allowed: the gateway looks once when it tells.
    node.say(&seat(SeatState::Challenge, true)).await;
    let (request, _) = look(&mut node).await;
    node.say(&sketched(&request)).await;
    assert_eq!(hook.next().await.1["reason"], "challenge");
    gateway.until(|_| !gateway.app().nodes.diagnoses("page").len().lt(&2)).await;
    let token = format!("Bearer {}", gateway.app().admin_token.expose());
    let image = gateway.send(Method::GET, &api, &[("authorization", &token)], "").await;
    assert_eq!((image.status(), &image.body()[..]), (StatusCode::OK, &b"<svg/>"[..]));
    assert!(
        image.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap().ends_with("sandbox")
    );
    assert_eq!(gateway.http(Method::GET, &page, None, "").await.0, StatusCode::OK);
    let (_, state) = gateway.http(Method::GET, "/", None, "").await;
    assert!(String::from_utf8_lossy(&state).contains(&page));
    // The switch is taken back, and so is the picture.
    node.say(&seat(SeatState::Challenge, false)).await;
    gateway.until(|views| !views[0].seats[0].picture).await;
    assert_eq!(gateway.api(Method::GET, &api, "").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn n9_a_session_that_ends_soon_is_warned_of_before() {
    let mut hook = Hook::start(vec![]).await;
    let mut ending = site(0, 0);
    ending.adapter.signals.session_words = vec!["ends in {hours} hours".to_owned()];
    let (gateway, mut node) = gateway_of(&hook, "session_notice = \"12h\"", ending).await;
    for (hours, told) in [(20, false), (11, true), (10, false)] {
        tokio::join!(gateway.api(Method::POST, "/api/nodes/check", "{}"), async {
            let (request, _) = look(&mut node).await;
            let NodeMessage::Diagnosis(mut seen) =
                shows(&request, Some(("session_ends", SeatState::Ready)))
            else {
                panic!("a diagnosis")
            };
            seen.signals[0].words = format!("Your session ends in {hours} hours.");
            node.say(&NodeMessage::Diagnosis(seen)).await;
        });
        if told {
            let (_, warned) = hook.next().await;
            assert_eq!(warned["event"], "seat.session_ends", "{warned}");
            assert!(warned["ends_ms"].as_i64() > warned["at_ms"].as_i64());
            assert!(warned["text"].as_str().is_some_and(|text| text.contains("ends in 10 h")));
        }
        let (_, seats) = gateway.api(Method::GET, "/api/seats", "").await;
        let seat = &seats["seats"][0];
        assert!(seat["session_ends_ms"].is_i64() && seat["ready"] == true, "{seat}");
    }
    assert!(hook.heard.try_recv().is_err(), "nothing else was told");
}
