//! Laws of the codecs, for any input.

use std::sync::LazyLock;

use bytes::Bytes;
use proptest::{collection::vec, option, prelude::*};
use serde_json::{Value, json};
use tabway_dialects::{
    chat::{
        Choice, Delta, Event, Failure, FailureClass, PartKind, Reply, ReplyPart, StopReason, Usage,
        fold, unfold,
    },
    openai_chat::{ReplyHead, Step, StreamEncoder, Tap, decode_reply, encode_reply},
    stream::Order,
};

use crate::{
    fixtures::{self, Fixture, decode},
    grammar,
};

static FIXTURES: LazyLock<Vec<Fixture>> = LazyLock::new(|| fixtures::of("openai_chat"));

proptest! {
    #[test]
    fn any_chunking_and_line_end_gives_the_same_events(
        cuts in vec(0.0..1.0f64, 0..30),
        line_end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")],
    ) {
        for fixture in FIXTURES.iter() {
            let stream = fixture.stream.replace('\n', line_end);
            let bytes = stream.as_bytes();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place")]
            let mut at: Vec<usize> =
                cuts.iter().map(|cut| (cut * bytes.len() as f64) as usize).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let pieces = at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]);
            prop_assert_eq!(decode(pieces), decode([fixture.stream.as_bytes()]));
        }
    }

    #[test]
    fn the_tap_learns_what_the_decoder_does(
        size in 1..200usize,
        line_end in prop_oneof![Just("\n"), Just("\r\n")],
    ) {
        for Fixture { path, stream, events } in FIXTURES.iter() {
            if path.ends_with("failure_malformed.sse") {
                // What cannot be read passes through all the same.
                continue;
            }
            let choices = if path.ends_with("two_choices.sse") { 2 } else { 1 };
            let (learned, failure) = tapped(&stream.replace('\n', line_end), size, choices);
            let wanted = match events.last() {
                Some(Event::Failed(failure)) => Some(failure.class),
                _ => None,
            };
            let usage = events.iter().find_map(|event| match event {
                Event::Usage(usage) => Some(*usage),
                _ => None,
            });
            prop_assert_eq!(failure, wanted, "{}", path.display());
            prop_assert_eq!(learned, usage, "{}", path.display());
        }
    }

    #[test]
    fn whatever_is_put_in_order_keeps_the_grammar(events in vec(any_event(), 0..40)) {
        let (mut order, mut out) = (Order::default(), Vec::new());
        for event in events {
            order.push(event, &mut out);
        }
        order.finish(&mut out);
        prop_assert_eq!(grammar::check(&out), Ok(()), "{:?}", out);
    }

    #[test]
    fn whatever_an_upstream_sends_keeps_the_grammar(chunks in vec(any_chunk(), 0..20)) {
        let stream: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
        let events = decode([stream.as_bytes()]);
        prop_assert_eq!(grammar::check(&events), Ok(()), "{:?}", events);
    }

    #[test]
    fn bytes_that_mean_nothing_do_no_harm(bytes in vec(any::<u8>(), 0..300)) {
        prop_assert_eq!(grammar::check(&decode([&*bytes])), Ok(()));
        prop_assert!(decode_reply(&bytes).is_err());
    }

    #[test]
    fn what_is_written_is_read_again(reply in any_reply()) {
        let head = ReplyHead {
            id: reply.id.clone().unwrap_or_default(),
            model: reply.model.clone().unwrap_or_default(),
            created: 1,
            emulated: Vec::new(),
        };
        let events = unfold(&reply);
        prop_assert_eq!(grammar::check(&events), Ok(()));

        let whole = decode_reply(&encode_reply(&reply, &head)).map_err(failed)?;
        prop_assert_eq!(&fold(whole).map_err(failed)?, &reply);

        let (mut encoder, mut stream) = (StreamEncoder::new(head, true), Vec::new());
        for event in &events {
            encoder.encode(event, &mut stream);
        }
        encoder.done(&mut stream);
        prop_assert_eq!(&fold(decode([&*stream])).map_err(failed)?, &reply);

        let mut tap = Tap::new(false, u32::try_from(reply.choices.len()).unwrap());
        tap.push(stream.into());
        let ending = tap.finish();
        prop_assert!(ending.whole);
        prop_assert_eq!(ending.usage, reply.usage);
    }
}

/// The usage that a tap learned from pieces of so many bytes, and the failure, if it was one.
fn tapped(stream: &str, size: usize, choices: u32) -> (Option<Usage>, Option<FailureClass>) {
    let mut tap = Tap::new(true, choices);
    for piece in stream.as_bytes().chunks(size) {
        if let Step::Failed { failure, .. } = tap.push(Bytes::copy_from_slice(piece)) {
            return (None, Some(failure.class));
        }
    }
    let ending = tap.finish();
    let broken = (!ending.whole).then_some(FailureClass::UpstreamBadResponse);
    (ending.usage, broken)
}

fn failed(failure: Failure) -> TestCaseError {
    TestCaseError::fail(failure.to_string())
}

fn any_event() -> impl Strategy<Value = Event> {
    let (choice, part) = (0..3u32, 0..6u32);
    prop_oneof![
        1 => Just(Event::Start { id: None, model: None }),
        4 => (choice.clone(), part.clone(), any_kind())
            .prop_map(|(choice, part, kind)| Event::PartStart { choice, part, kind }),
        4 => (part.clone(), "[ab]{0,2}")
            .prop_map(|(part, text)| Event::Delta { part, delta: Delta::Text(text) }),
        2 => (part.clone(), "[{}]{0,2}")
            .prop_map(|(part, text)| Event::Delta { part, delta: Delta::Arguments(text) }),
        2 => part.prop_map(|part| Event::PartEnd { part }),
        2 => (choice, any_stop())
            .prop_map(|(choice, (reason, native))| Event::Stop { choice, reason, native }),
        1 => any_usage().prop_map(Event::Usage),
        1 => Just(Event::Failed(Failure::new(FailureClass::UpstreamError, "no"))),
    ]
}

fn any_kind() -> impl Strategy<Value = PartKind> {
    prop_oneof![
        Just(PartKind::Text),
        Just(PartKind::Reasoning),
        Just(PartKind::Refusal),
        any_call()
    ]
}

fn any_call() -> impl Strategy<Value = PartKind> {
    ("[a-z]{1,4}", "[a-z_]{1,4}").prop_map(|(id, name)| PartKind::ToolCall { id, name })
}

/// An end and the upstream's word for it: what decoders make of the words of this dialect.
fn any_stop() -> impl Strategy<Value = (StopReason, Option<String>)> {
    let reason = prop_oneof![
        Just(StopReason::Done),
        Just(StopReason::Length),
        Just(StopReason::ToolCalls),
        Just(StopReason::ContentFilter),
        Just(StopReason::Other("eos".to_owned())),
    ];
    (reason, "[A-Z_]{1,8}").prop_map(|(reason, word)| (reason, Some(word)))
}

fn any_usage() -> impl Strategy<Value = Usage> {
    (0..1u64 << 30, 0..1u64 << 30, 0..1u64 << 30, 0..=1u64 << 29).prop_map(
        |(input, cache_read, output, reasoning)| Usage {
            input,
            cache_read,
            output,
            reasoning: reasoning.min(output),
            ..Usage::default()
        },
    )
}

/// A chunk of the right outer shape whose fields are right, odd or absent.
fn any_chunk() -> impl Strategy<Value = Value> {
    let odd = || prop_oneof![Just(json!(null)), Just(json!(7)), Just(json!([])), Just(json!({}))];
    let text = move || prop_oneof![3 => "[ab]{0,2}".prop_map(Value::from), 1 => odd()];
    let call = (0..3u32, text(), text(), text()).prop_map(|(index, id, name, arguments)| {
        json!({ "index": index, "id": id, "function": { "name": name, "arguments": arguments } })
    });
    let calls = prop_oneof![2 => odd(), 1 => vec(call, 0..3).prop_map(Value::from)];
    let finish = prop_oneof![4 => odd(), 1 => Just(json!("")), 2 => Just(json!("stop"))];
    let index = prop_oneof![5 => (0..3u32).prop_map(Value::from), 1 => odd()];
    let choice = (index, text(), text(), calls, finish).prop_map(
        |(index, content, reasoning, calls, finish)| {
            json!({
                "index": index, "finish_reason": finish,
                "delta": {
                    "content": content, "reasoning_content": reasoning, "tool_calls": calls,
                },
            })
        },
    );
    let usage = prop_oneof![
        odd(),
        Just(json!({ "prompt_tokens": -1, "completion_tokens": 1 })),
        Just(json!({ "prompt_tokens": 3, "completion_tokens": 1 })),
    ];
    (vec(choice, 0..3), usage).prop_map(|(choices, usage)| {
        json!({
            "choices": choices, "usage": usage,
        })
    })
}

/// A reply whose parts stand in the order in which this dialect's buffered form gives them back.
fn any_reply() -> impl Strategy<Value = Reply> {
    let text = |kind: PartKind| {
        option::of("\\PC{1,12}").prop_map(move |text| text.map(|text| part(kind.clone(), text)))
    };
    let calls = vec(("[a-z]{1,6}", "\\PC{1,12}"), 0..3).prop_map(|calls| {
        calls
            .into_iter()
            .enumerate()
            .map(|(at, (name, text))| {
                part(PartKind::ToolCall { id: format!("call_{at}"), name }, text)
            })
            .collect::<Vec<_>>()
    });
    let parts = (
        text(PartKind::Reasoning),
        text(PartKind::Text),
        text(PartKind::Refusal),
        calls,
        any_stop(),
    );
    (vec(parts, 1..4), option::of(any_usage())).prop_map(|(choices, usage)| Reply {
        id: Some("chatcmpl-1".to_owned()),
        model: Some("m".to_owned()),
        choices: (0..)
            .zip(choices)
            .map(|(index, (reasoning, text, refusal, calls, (stop, native)))| Choice {
                index,
                parts: [reasoning, text, refusal].into_iter().flatten().chain(calls).collect(),
                stop,
                native,
            })
            .collect(),
        usage,
    })
}

fn part(kind: PartKind, text: String) -> ReplyPart {
    ReplyPart { kind, text, state: Vec::new() }
}
