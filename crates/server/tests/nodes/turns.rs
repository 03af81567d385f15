//! N6, N17: what happens between a turn's first and last word.

use std::{pin::pin, time::Instant};

use http::{Method, StatusCode};
use proptest::{
    prelude::*,
    sample::Index,
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use serde_json::{Value, json};
use tabway::nodes::JobEvent;
use tabway_dialects::{
    chat::FailureClass,
    site_chat::{DecoderSpec, FinishRule, PageRecord},
};
use tabway_protocol::message::{GatewayMessage, NodeFailure, NodeFailureClass, NodeMessage};

use crate::support::{Gateway, Node, all, record, site, texts};

#[tokio::test]
async fn records_come_as_the_page_makes_them() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let mut turn = gateway.turn("hello").await.expect("a lane");
    let job = node.job().await;
    assert_eq!((job.prompt.as_str(), job.site.as_str()), ("hello", "page"));
    node.accept(&job.job).await;
    assert_eq!(turn.next().await, JobEvent::Accepted);
    for seq in 1..=3 {
        // Each is here before the next is made.
        node.frame(&job.job, seq, &seq.to_string()).await;
        assert_eq!(turn.next().await, JobEvent::Record(record(&seq.to_string())));
    }
    node.done(&job.job, 3, false).await;
    assert_eq!(turn.next().await, JobEvent::Done { cancelled: false });
    assert_eq!(turn.next().await, JobEvent::Done { cancelled: false }, "and so it stays");
}

#[tokio::test]
async fn n6_doubled_lost_and_late_records_are_delivered_once_in_order() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let turn = gateway.turn("hello").await.expect("a lane");
    let job = node.job().await.job;
    node.accept(&job).await;
    for seq in [1, 1, 2, 5, 4] {
        node.frame(&job, seq, &seq.to_string()).await;
    }
    let GatewayMessage::Resumed { seq: 2, .. } = node.next_word().await else { panic!("asked") };
    for seq in 3..=5 {
        node.frame(&job, seq, &seq.to_string()).await;
    }
    // The last one is lost, and is asked for when the node says that it is done.
    node.done(&job, 6, false).await;
    loop {
        match node.next_word().await {
            GatewayMessage::Resumed { seq: 5, .. } => break,
            GatewayMessage::Resumed { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    node.frame(&job, 6, "6").await;
    assert_eq!(texts(&all(turn).await), ["1", "2", "3", "4", "5", "6"]);
    gateway.turn("again").await.expect("the lane is free");
}

/// What a bad network does to messages under way.
#[derive(Debug, Clone)]
enum Fault {
    Drop(Index),
    Double(Index),
    Swap(Index, Index),
}

fn faults() -> impl Strategy<Value = Vec<Fault>> {
    let at = any::<Index>;
    let fault = prop_oneof![
        at().prop_map(Fault::Drop),
        at().prop_map(Fault::Double),
        (at(), at()).prop_map(|(one, other)| Fault::Swap(one, other)),
    ];
    prop::collection::vec(fault, 0..12)
}

fn spoil(under_way: &mut Vec<u32>, faults: &[Fault]) {
    for fault in faults {
        let count = under_way.len();
        match fault {
            _ if count == 0 => {}
            Fault::Drop(at) => drop(under_way.remove(at.index(count))),
            Fault::Double(at) => under_way.push(under_way[at.index(count)]),
            Fault::Swap(one, other) => under_way.swap(one.index(count), other.index(count)),
        }
    }
}

/// N6 over the real socket: a node sends again from where it is asked to, and the network spoils
/// its first two sendings.
#[tokio::test]
async fn n6_a_bad_network_changes_no_answer() {
    const LAST: u32 = 60;
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let mut runner = TestRunner::deterministic();
    for round in 0..48 {
        let faults = [faults(), faults()].map(|faults| faults.new_tree(&mut runner).unwrap());
        let mut faults = faults.iter().map(ValueTree::current);
        let turn = gateway.turn("hello").await.expect("a lane");
        // Past questions about the turn before, which crossed its end.
        let job = next_job(&mut node).await;
        node.accept(&job).await;
        let mut reading = pin!(all(turn));
        let mut from = 0;
        let events = loop {
            let mut under_way: Vec<u32> = (from + 1..=LAST).collect();
            spoil(&mut under_way, &faults.next().unwrap_or_default());
            for seq in under_way {
                node.frame(&job, seq, &seq.to_string()).await;
            }
            node.done(&job, LAST, false).await;
            tokio::select! {
                events = &mut reading => break events,
                word = node.next_word() => match word {
                    GatewayMessage::Resumed { seq, .. } => from = seq,
                    other => panic!("{other:?}"),
                }
            }
        };
        let expected: Vec<_> = (1..=LAST).map(|seq| seq.to_string()).collect();
        assert_eq!(texts(&events), expected, "round {round}");
        assert_eq!(events.last(), Some(&JobEvent::Done { cancelled: false }), "round {round}");
    }
}

#[tokio::test]
async fn a_client_that_leaves_presses_stop() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let turn = gateway.turn("hello").await.expect("a lane");
    let job = node.job().await.job;
    node.accept(&job).await;
    node.frame(&job, 1, "one").await;
    let started = Instant::now();
    drop(turn);
    let GatewayMessage::Cancel { job: stopped } = node.next_word().await else { panic!("cancel") };
    assert_eq!(stopped, job);
    assert!(started.elapsed().as_secs() < 2);
    // Until the page has stopped the lane is not free.
    assert!(gateway.app().nodes.seats()[0].lanes[0].job.is_some());
    node.done(&job, 1, true).await;
    gateway.turn("again").await.expect("the lane is free");
}

#[tokio::test]
async fn n17_a_finish_that_crosses_the_cancel_leaves_one_end_and_a_free_lane() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    for round in 0..50 {
        let turn = gateway.turn("hello").await.expect("a lane");
        let job = next_job(&mut node).await;
        node.accept(&job).await;
        if round % 2 == 0 {
            node.done(&job, 0, false).await;
            drop(turn);
        } else {
            drop(turn);
            node.done(&job, 0, round % 3 == 0).await;
        }
        gateway.until(|views| views[0].seats[0].lanes[0].job.is_none()).await;
        // The word to stop may or may not have gone out; it concerns this turn alone.
    }
    let turn = gateway.turn("last").await.expect("a lane");
    let job = next_job(&mut node).await;
    node.done(&job, 0, false).await;
    assert_eq!(all(turn).await, [JobEvent::Done { cancelled: false }]);
}

/// The next turn, past late words about an earlier one.
async fn next_job(node: &mut Node) -> String {
    loop {
        match node.next_word().await {
            GatewayMessage::Job(job) => return job.job,
            GatewayMessage::Cancel { .. } | GatewayMessage::Resumed { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_client_with_its_whole_answer_lets_the_page_end_by_itself() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    let mut turn = gateway.turn("hello").await.expect("a lane");
    let job = node.job().await.job;
    node.accept(&job).await;
    node.frame(&job, 1, "all").await;
    assert_eq!(turn.next().await, JobEvent::Accepted);
    assert_eq!(turn.next().await, JobEvent::Record(record("all")));
    turn.complete();
    // Nothing is cancelled; what still comes is acknowledged and forgotten.
    for seq in 2..=40 {
        node.frame(&job, seq, "more").await;
    }
    let GatewayMessage::Ack { seq, .. } = node.next().await else { panic!("an ack") };
    assert!(seq >= 32);
    node.done(&job, 40, false).await;
    gateway.turn("again").await.expect("the lane is free");
    assert_eq!(node.job().await.prompt, "again");
}

#[tokio::test]
async fn a_lost_lane_depends_on_whether_the_page_had_accepted() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    for (accepted, class) in [(false, FailureClass::NodeLost), (true, FailureClass::OutcomeUnknown)]
    {
        let turn = gateway.turn("hello").await.expect("a lane");
        let job = node.job().await.job;
        let failure = NodeFailure {
            class: NodeFailureClass::LaneLost,
            message: "closed".to_owned(),
            locator: None,
            site_words: None,
        };
        node.say(&NodeMessage::Failed { job, last_seq: 0, accepted, failure }).await;
        let events = all(turn).await;
        let Some(JobEvent::Failed { failure, accepted: told }) = events.last() else {
            panic!("{events:?}")
        };
        assert_eq!((failure.class, *told), (class, accepted));
    }
}

/// How an answer ended, in our word and in the page's own.
async fn ended(stream: bool, last: Value) -> (Value, Value) {
    let gateway = Gateway::start().await;
    let mut site = site(0, 0);
    let DecoderSpec::Records(spec) = &mut site.adapter.answer else { panic!("records") };
    spec.finish = vec![FinishRule {
        pointer: "/why".to_owned(),
        length: vec!["MAX_TOKENS".to_owned()],
        content_filter: vec!["SAFETY".to_owned(), "RECITATION".to_owned()],
        ..FinishRule::default()
    }];
    gateway.app().nodes.set_sites(vec![site]);
    let mut node = gateway.browser(1).await;
    let asked = json!({"model": "page/default", "stream": stream,
        "messages": [{"role": "user", "content": "hello"}]});
    let asked = asked.to_string();
    let page = async {
        let job = node.job().await.job;
        node.accept(&job).await;
        let text = json!({"kind": "text", "text": "half"});
        let said = format!("data: {text}\n\ndata: {last}\n\n");
        node.record(&job, 1, PageRecord::Opened { stream: 1, tap: 0, status: 200 }).await;
        node.record(&job, 2, PageRecord::Bytes { stream: 1, bytes: said.into() }).await;
        node.done(&job, 2, false).await;
    };
    let path = "/v1/chat/completions";
    let ((status, body), ()) = tokio::join!(gateway.http(Method::POST, path, None, &asked), page);
    assert_eq!(status, StatusCode::OK, "{body:?}");
    let text = std::str::from_utf8(&body).expect("text");
    let whole = text.lines().filter_map(|line| match stream {
        true => line.strip_prefix("data: {").map(|rest| format!("{{{rest}")),
        false => Some(line.to_owned()),
    });
    let choices = whole.map(|json| {
        let json: Value = serde_json::from_str(&json).expect("JSON");
        json["choices"][0].clone()
    });
    let mut ends = choices.filter(|choice| !choice["finish_reason"].is_null());
    let last = ends.next_back().expect("an end");
    (last["finish_reason"].clone(), last["native_finish_reason"].clone())
}

#[tokio::test]
async fn an_end_has_the_page_s_own_word_where_it_is_known() {
    for stream in [true, false] {
        for (last, finish, native) in [
            (json!({"why": "MAX_TOKENS"}), "length", json!("MAX_TOKENS")),
            (json!({"why": "SAFETY"}), "content_filter", json!("SAFETY")),
            (json!({"why": "RECITATION"}), "content_filter", json!("RECITATION")),
            (json!({"kind": "done"}), "stop", json!(null)),
        ] {
            assert_eq!(ended(stream, last).await, (json!(finish), native), "streamed: {stream}");
        }
    }
}
