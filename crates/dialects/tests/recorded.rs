//! Calls in recorded model text: each is found, none leaks, and where the text is cut means nothing.
//!
//! The recordings are not ours to hand on, so they are read from a file, one JSON object a line:
//! `source`, `text`, `calls` as another reader has them, `rest` (the text around them), and
//! `kind`: `sound`, `slips` (not valid JSON, but with one reading), `none`, and `odd` (what another
//! reader cannot judge: calls shown in code, several markups at once, JSON that is broken).
//! docs/TOOLS.md says which recordings were read and what came of it.
#![expect(clippy::expect_used, reason = "a test says what it relied on")]

use std::{collections::BTreeMap, env, fs};

use serde_json::{Value, json};
use tabway_dialects::{
    chat::{Delta, Event, PartKind, fold},
    emulate::{Ending, Plan, Style, Turn},
    openai_chat::decode_request,
    stream::Order,
};

/// What a turn makes of a text that comes in pieces of `size` characters: the words, the calls,
/// and whether it asks for a repair.
fn sift(text: &str, names: &[&str], size: usize) -> (String, Vec<Value>, bool) {
    let tools: Vec<Value> = names
        .iter()
        .map(|name| json!({ "type": "function", "function": { "name": name } }))
        .collect();
    let body =
        json!({ "model": "m", "messages": [{ "role": "user", "content": "x" }], "tools": tools });
    let request = decode_request(body.to_string().as_bytes()).expect("a request");
    let plan = Plan::of(&request, Style::Tags).expect("can be").expect("is needed");
    let mut turn = Turn::new(plan, "call_".to_owned());
    let (mut order, mut events, mut out) = (Order::default(), Vec::new(), Vec::new());
    let characters: Vec<char> = text.chars().collect();
    for piece in characters.chunks(size) {
        let delta = Delta::Text(piece.iter().collect());
        turn.push(Event::Delta { part: 0, delta }, &mut out).expect("short enough");
    }
    let again = turn.end(&mut out).expect("a first ending") != Ending::Whole;
    if again {
        out.push(Event::Stop {
            choice: 0,
            reason: tabway_dialects::chat::StopReason::Done,
            native: None,
        });
    }
    out.into_iter().for_each(|event| order.push(event, &mut events));
    order.finish(&mut events);
    let choice = fold(events).expect("an answer").choices.remove(0);
    let (mut said, mut calls) = (String::new(), Vec::new());
    for part in choice.parts {
        match part.kind {
            PartKind::ToolCall { name, .. } => {
                let arguments: Value = serde_json::from_str(&part.text).expect("JSON");
                calls.push(json!({ "name": name, "arguments": arguments }));
            }
            _ => said.push_str(&part.text),
        }
    }
    (said, calls, again)
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
#[ignore = "needs recordings: docs/TOOLS.md"]
fn recorded_calls_are_found_and_none_leaks() {
    let path = env::var("TABWAY_RECORDED_CALLS").expect("TABWAY_RECORDED_CALLS names a file");
    let lines = fs::read_to_string(path).expect("readable recordings");
    let mut counts: BTreeMap<String, (u64, u64, u64)> = BTreeMap::new();
    let mut faults = Vec::new();
    for line in lines.lines() {
        let row: Value = serde_json::from_str(line).expect("a row");
        let of = |name: &str| row[name].as_str().expect("a text");
        let (text, kind) = (of("text"), of("kind"));
        let wanted = row["calls"].as_array().expect("a list");
        let mut names: Vec<&str> = wanted.iter().filter_map(|call| call["name"].as_str()).collect();
        names.push("no_call_is_to_this");
        names.sort_unstable();
        names.dedup();
        let (said, calls, again) = sift(text, &names, usize::MAX);
        for size in [1, 7] {
            let cut = sift(text, &names, size);
            if cut != (said.clone(), calls.clone(), again) {
                faults.push(format!("{}: in pieces of {size}: {text}", of("source")));
            }
        }
        let judged = matches!(kind, "sound" | "slips");
        let leaks = judged && ["tool_call>", "function_call>"].iter().any(|tag| said.contains(tag));
        let lost = match kind {
            "odd" => false,
            _ => calls != *wanted || words(&said) != words(of("rest")) || again,
        };
        if leaks || lost {
            faults.push(format!(
                "{}: {kind}: {text:?}\n  said {said:?}\n  {} calls of {}",
                of("source"),
                calls.len(),
                wanted.len()
            ));
        }
        let count = counts.entry(format!("{} {kind}", of("source"))).or_default();
        *count = (count.0 + 1, count.1 + calls.len() as u64, count.2 + u64::from(again));
    }
    for (source, (texts, calls, again)) in &counts {
        println!("{source}: {texts} texts, {calls} calls, {again} repairs");
    }
    let shown = faults.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(faults.is_empty(), "{} faults\n{shown}", faults.len());
}
