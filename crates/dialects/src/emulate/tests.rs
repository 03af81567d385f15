//! Whole turns: a request into words, the words of a model into calls.

use serde_json::{Value, json};

use super::{Ending, Plan, Style, Turn};
use crate::{
    chat::{ChatRequest, Delta, Event, Failure, FailureClass, PartKind, StopReason, fold},
    openai_chat::decode_request,
    site_chat::{Offer, pack},
    stream::Order,
};

fn request(fields: Value) -> ChatRequest {
    let mut body = json!({
        "model": "m",
        "messages": [{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "Weather in Rome?" }],
        "tools": [
            { "type": "function", "function": {
                "name": "get_weather", "description": "The weather of a city.",
                "parameters": { "type": "object", "required": ["city"], "properties": {
                    "city": { "type": "string" }, "days": { "type": "integer" } } } } },
            { "type": "function", "function": { "name": "get_time" } },
        ],
    });
    for (name, value) in fields.as_object().expect("fields") {
        body[name] = value.clone();
    }
    decode_request(body.to_string().as_bytes()).expect("a request")
}

fn plan(fields: Value) -> Plan {
    Plan::of(&request(fields), Style::Tags).expect("can be").expect("is needed")
}

/// What the client gets of an answer, or of two where the first needs a repair.
fn answer(plan: &Plan, answers: &[&str]) -> Result<Value, Failure> {
    let mut turn = Turn::new(plan.clone(), "call_x".to_owned());
    let (mut order, mut events) = (Order::default(), Vec::new());
    for (at, answer) in answers.iter().enumerate() {
        let mut out = Vec::new();
        for piece in answer.split_inclusive(' ') {
            let delta = Delta::Text(piece.to_owned());
            turn.push(Event::Delta { part: 0, delta }, &mut out)?;
        }
        turn.push(Event::Stop { choice: 0, reason: StopReason::Done, native: None }, &mut out)?;
        let ending = turn.end(&mut out)?;
        assert_eq!(ending == Ending::Whole, at + 1 == answers.len(), "{answer}: {ending:?}");
        out.into_iter().for_each(|event| order.push(event, &mut events));
    }
    order.finish(&mut events);
    let choice = fold(events)?.choices.remove(0);
    let parts = choice.parts.iter().map(|part| match &part.kind {
        PartKind::ToolCall { id, name } => {
            json!([id, name, serde_json::from_str::<Value>(&part.text).expect("JSON")])
        }
        _ => json!(part.text),
    });
    let parts: Vec<Value> = parts.collect();
    Ok(json!([parts, format!("{:?}", choice.stop)]))
}

const ROME: &str =
    r#"<tool_call>{"name": "get_weather", "arguments": {"city": "Rome"}}</tool_call>"#;

#[test]
fn a_call_is_a_part_of_its_own_with_an_id() {
    let said = answer(&plan(json!({})), &[&format!("Let me see.\n\n{ROME}\n{ROME}")]).unwrap();
    let call = |id| json!([id, "get_weather", { "city": "Rome" }]);
    assert_eq!(said, json!([["Let me see.", call("call_x0"), call("call_x1")], "ToolCalls"]));
    let said = answer(&plan(json!({})), &["It is warm."]).unwrap();
    assert_eq!(said, json!([["It is warm."], "Done"]));
}

#[test]
fn what_is_wrong_is_asked_for_once_more() {
    let plan = plan(json!({}));
    let wrongs = [
        ROME.replace("city", "town"),
        ROME.replace("\"Rome\"", "7"),
        ROME.replace("get_weather", "weather"),
        ROME.replace("\"Rome\"", "\"Ro\"me\""),
    ];
    for wrong in &wrongs {
        let said = answer(&plan, &[&format!("Well. {wrong}"), &format!("Sorry! {ROME}")]).unwrap();
        let call = json!(["call_x0", "get_weather", { "city": "Rome" }]);
        assert_eq!(said, json!([["Well.", call], "ToolCalls"]), "{wrong}");
        for second in [&**wrong, "I cannot."] {
            let failure = answer(&plan, &[wrong, second]).unwrap_err();
            assert_eq!(failure.class, FailureClass::ToolCallInvalid, "{}", failure.message);
        }
    }
    // Of two calls the sound one stands, and the repair owes the other one.
    let both = format!("{ROME}{}", wrongs[0]);
    assert!(answer(&plan, &[&both, "Fine."]).is_err());
    let said = answer(&plan, &[&both, ROME]).unwrap();
    assert_eq!(said[0].as_array().map(Vec::len), Some(2));
}

#[test]
fn slips_that_can_be_mended_here_cost_no_turn() {
    for (said, city) in [
        ("<tool_call>{'name': 'get_weather', 'arguments': {'city': 'Rome',}}</tool_call>", "Rome"),
        ("<tool_call>{\"name\": \"get_weather\", \"arguments\": {\"city\": \"a\nb\"}}", "a\nb"),
        (
            "<function=get_weather><parameter=city>7</parameter><parameter=days>2</parameter>\
          </function>",
            "7",
        ),
        (
            "<tool_call>{\"name\": \"functions.get_weather\", \"parameters\": {\"city\": \"7\"}}}\
          </tool_call>",
            "7",
        ),
    ] {
        let said = answer(&plan(json!({})), &[said]).unwrap();
        assert_eq!(said[0][0][2]["city"], city, "{said}");
    }
}

#[test]
fn choices_are_honoured() {
    let named = json!({ "type": "function", "function": { "name": "get_time" } });
    for choice in [json!("required"), named.clone()] {
        let plan = plan(json!({ "tool_choice": choice }));
        let time = "<tool_call>{\"name\": \"get_time\"}</tool_call>";
        let said = answer(&plan, &["It is late.", time]).unwrap();
        assert_eq!(said[0][1][1], "get_time");
        assert!(answer(&plan, &["It is late.", "It is."]).is_err());
    }
    assert!(answer(&plan(json!({ "tool_choice": named })), &[ROME, ROME]).is_err());
    let one = answer(&plan(json!({ "parallel_tool_calls": false })), &[&format!("{ROME}{ROME}")]);
    assert_eq!(one.unwrap()[0].as_array().map(Vec::len), Some(1));
    let none = request(json!({ "tool_choice": "none" }));
    assert_eq!(Plan::of(&none, Style::Tags).unwrap(), None);
    let unknown = json!({ "tool_choice": { "type": "function", "function": { "name": "x" } } });
    let failure = Plan::of(&request(unknown), Style::Tags).unwrap_err();
    assert_eq!(failure.param.as_deref(), Some("tool_choice"));
    let foreign = request(json!({ "tools": [{ "type": "web_search" }] }));
    let failure = Plan::of(&foreign, Style::Tags).unwrap_err();
    assert_eq!(
        (failure.class, failure.param.as_deref()),
        (FailureClass::Unsupported, Some("tools.0"))
    );
}

#[test]
fn an_answer_of_a_given_form_is_cut_out_checked_and_mended() {
    let schema = json!({ "type": "object", "required": ["a"], "properties": { "a": { "type": "integer" } } });
    let format = json!({ "type": "json_schema", "json_schema": { "name": "x", "schema": schema } });
    let plan = plan(json!({ "tools": [], "response_format": format }));
    for text in [
        "{\"a\": 1}",
        "```json\n{\"a\": 1}\n```",
        "Here it is:\n\n```\n{\"a\": 1}\n```\nDone.",
        "Sure: {\"a\": 1} - done",
        "<think>{\"a\": 2}</think>{\"a\": 1}",
    ] {
        assert_eq!(answer(&plan, &[text]).unwrap(), json!([["{\"a\": 1}"], "Done"]), "{text}");
    }
    assert_eq!(answer(&plan, &["{'a': 1,}"]).unwrap()[0][0], "{\"a\":1}");
    for text in ["{\"a\": \"1\"}", "none", "{\"a\": 1", "[1]"] {
        assert_eq!(answer(&plan, &[text, "{\"a\": 1}"]).unwrap()[0][0], "{\"a\": 1}", "{text}");
        let failure = answer(&plan, &[text, text]).unwrap_err();
        assert_eq!(failure.class, FailureClass::OutputInvalid, "{}", failure.message);
        assert_eq!(failure.param.as_deref(), Some("response_format"));
    }
    let object = self::plan(json!({ "tools": [], "response_format": { "type": "json_object" } }));
    assert_eq!(answer(&object, &["[1]", "{}"]).unwrap(), json!([["{}"], "Done"]));
}

#[test]
fn a_form_binds_the_answer_and_not_a_call() {
    let plan = plan(json!({ "response_format": { "type": "json_object" } }));
    assert_eq!(answer(&plan, &[ROME]).unwrap()[1], "ToolCalls");
    assert_eq!(answer(&plan, &["{\"a\": 1}"]).unwrap(), json!([["{\"a\": 1}"], "Done"]));
    assert!(answer(&plan, &["no", "no"]).is_err());
}

#[test]
fn thoughts_are_no_place_for_calls() {
    let mut turn = Turn::new(plan(json!({})), "c".to_owned());
    let mut out = Vec::new();
    let start = Event::PartStart { choice: 0, part: 4, kind: PartKind::Reasoning };
    let delta = Event::Delta { part: 4, delta: Delta::Text(ROME.to_owned()) };
    for event in [start, delta, Event::PartEnd { part: 4 }] {
        turn.push(event, &mut out).unwrap();
    }
    assert!(matches!(&out[1], Event::Delta { part: 0, delta: Delta::Text(text) } if text == ROME));
    assert_eq!(turn.end(&mut out).unwrap(), Ending::Whole);
    assert_eq!(
        out.last(),
        Some(&Event::Stop { choice: 0, reason: StopReason::Done, native: None })
    );
}

#[test]
fn the_request_in_words() {
    let messages = json!([
        { "role": "system", "content": "Be brief." },
        { "role": "user", "content": "Weather in Rome, and the time?" },
        { "role": "assistant", "content": "Let me see.", "tool_calls": [
            { "id": "c1", "type": "function", "function": { "name": "get_weather", "arguments": "{\"city\": \"Rome\"}" } },
            { "id": "c2", "type": "function", "function": { "name": "get_time", "arguments": "" } } ] },
        { "role": "tool", "tool_call_id": "c1", "content": "12 °C" },
        { "role": "tool", "tool_call_id": "c2", "content": "noon" },
        { "role": "user", "content": "And tomorrow?" },
    ]);
    let written = |style, fields: Value| {
        let mut request = request(fields);
        request.messages = self::request(json!({ "messages": messages })).messages;
        let plan = Plan::of(&request, style).unwrap().unwrap();
        pack(&plan.apply(&request), &Offer::default()).unwrap()
    };
    let tags = written(Style::Tags, json!({}));
    assert!(tags.losses.is_empty(), "{:?}", tags.losses);
    insta::assert_snapshot!("tags", tags.text);
    let fields = json!({
        "tool_choice": "required", "parallel_tool_calls": false,
        "response_format": { "type": "json_object" },
    });
    insta::assert_snapshot!("fences", written(Style::Fences, fields).text);
}

#[test]
fn a_repair_follows_the_answer_that_it_mends() {
    let plan = plan(json!({}));
    let mut turn = Turn::new(plan.clone(), "c".to_owned());
    let wrong = ROME.replace("city", "town");
    let mut out = Vec::new();
    turn.push(Event::Delta { part: 0, delta: Delta::Text(wrong) }, &mut out).unwrap();
    let Ending::Again(repair) = turn.end(&mut out).unwrap() else { panic!("not whole") };
    let applied = plan.apply(&request(json!({})));
    let prompt = pack(&repair.follow(&applied), &Offer::default()).unwrap();
    let (_, tail) = prompt.text.split_once("### User").unwrap();
    insta::assert_snapshot!("repair", tail.trim());
}

#[test]
fn what_is_emulated_is_told() {
    let schema = json!({ "properties": { "a": { "type": "string", "pattern": "^x" } } });
    let format = json!({ "type": "json_schema", "json_schema": { "name": "x", "schema": schema } });
    let plan = plan(json!({ "response_format": format }));
    assert_eq!(plan.fields(), ["tools", "response_format"]);
    let told: Vec<_> = plan.losses().into_iter().map(|loss| loss.path).collect();
    assert_eq!(told, ["tools", "response_format", "response_format.pattern"]);
}

/// A call that the page makes by itself, as its decoder says it.
fn native(part: u32, name: &str, arguments: &str) -> [Event; 3] {
    let kind = PartKind::ToolCall { id: part.to_string(), name: name.to_owned() };
    [
        Event::PartStart { choice: 0, part, kind },
        Event::Delta { part, delta: Delta::Arguments(arguments.to_owned()) },
        Event::PartEnd { part },
    ]
}

#[test]
fn a_page_that_has_the_tools_itself_is_told_only_what_its_dialog_has_no_word_for() {
    let fields = json!({ "response_format": { "type": "json_object" } });
    let plan = plan(fields).natively();
    assert_eq!(plan.fields(), ["response_format"]);
    let system = |plan: &Plan, fields| format!("{:?}", plan.apply(&request(fields)).system);
    let words = system(&plan, json!({}));
    assert!(!words.contains("get_weather") && words.contains("An answer without calls"), "{words}");
    let plain = self::plan(json!({})).natively();
    assert!(plain.fields().is_empty() && plain.losses().is_empty());
    assert_eq!(plain.apply(&request(json!({}))).system.len(), 1, "its own words alone");
    let must = json!({ "tool_choice": { "type": "function", "function": { "name": "get_time" } },
        "parallel_tool_calls": false });
    let words = system(&self::plan(must).natively(), json!({}));
    assert!(words.contains("call the function `get_time`") && words.contains("at most one"));
}

#[test]
fn calls_of_the_page_are_passed_on_with_ids_of_ours_and_held_to_the_choice() {
    let ended = |fields: Value, calls: usize| {
        let mut turn = Turn::new(plan(fields).natively(), "call_x".to_owned());
        let (mut order, mut events, mut out) = (Order::default(), Vec::new(), Vec::new());
        let all = (0..).take(calls).flat_map(|part| native(part, "get_time", "{}"));
        for event in all {
            turn.push(event, &mut out).expect("taken");
        }
        if turn.end(&mut out).expect("an end") != Ending::Whole {
            return None;
        }
        out.into_iter().for_each(|event| order.push(event, &mut events));
        order.finish(&mut events);
        let choice = fold(events).expect("an answer").choices.pop()?;
        let ids = choice.parts.into_iter().filter_map(|part| match part.kind {
            PartKind::ToolCall { id, .. } => Some(id),
            _ => None,
        });
        Some((ids.collect::<Vec<_>>(), choice.stop))
    };
    let ids = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
    let two = (ids(&["call_x0", "call_x1"]), StopReason::ToolCalls);
    assert_eq!(ended(json!({}), 2), Some(two));
    let one = (ids(&["call_x0"]), StopReason::ToolCalls);
    assert_eq!(ended(json!({ "parallel_tool_calls": false }), 2), Some(one));
    // One that must call and does not is asked for once more.
    assert_eq!(ended(json!({ "tool_choice": "required" }), 0), None);
}
