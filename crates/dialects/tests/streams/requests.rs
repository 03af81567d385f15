//! Requests for an upstream: what is written, what is lost, and that nothing else changes.

use proptest::{collection::vec, option, prelude::*};
use serde_json::{Map, Value, json};
use tabway_dialects::{
    chat::{
        ChatRequest, Dialect, Extra, Loss, LossKind, Message, Opaque, OutputFormat, Part, Role,
        Sampling, Severity, Tool, ToolChoice,
    },
    openai_chat::{Quirks, decode_request, encode_request},
};

fn text(text: &str) -> Part {
    Part::Text(text.to_owned())
}

fn message(role: Role, parts: Vec<Part>) -> Message {
    Message { role, parts, name: None, extra: Extra::default() }
}

fn request(messages: Vec<Message>) -> ChatRequest {
    ChatRequest {
        model: "m".to_owned(),
        system: Vec::new(),
        messages,
        tools: Vec::new(),
        tool_choice: ToolChoice::Unset,
        parallel_tools: None,
        output: OutputFormat::Text,
        sampling: Sampling::default(),
        max_output_tokens: None,
        choices: 1,
        stream: false,
        include_usage: false,
        extra: Extra::default(),
    }
}

fn written(request: &ChatRequest, quirks: Quirks) -> (Value, Vec<Loss>) {
    let encoded = encode_request(request, "upstream-model", quirks);
    (serde_json::from_slice(&encoded.body).unwrap(), encoded.losses)
}

fn foreign(name: &str) -> Extra {
    let fields = Map::from_iter([(name.to_owned(), json!(1))]);
    Extra { origin: Some(Dialect::AnthropicMessages), fields }
}

#[test]
fn a_plain_request_is_plain() {
    let (body, losses) =
        written(&request(vec![message(Role::User, vec![text("hi")])]), Quirks::default());
    let messages = json!([{ "role": "user", "content": "hi" }]);
    assert_eq!(body, json!({ "model": "upstream-model", "messages": messages }));
    assert_eq!(losses, []);
}

/// A request as another dialect's client would make it: results inside a user's turn, text after a
/// call, state of its own.
#[test]
fn what_another_dialect_says_is_written_or_lost() {
    let call = |id: &str| Part::ToolCall {
        id: id.to_owned(),
        name: "look".to_owned(),
        arguments: "{}".to_owned(),
    };
    let result =
        |id: &str, parts, is_error| Part::ToolResult { call_id: id.to_owned(), parts, is_error };
    let picture = || Part::Image { url: "data:image/png;base64,AA==".to_owned(), detail: None };
    let state =
        Opaque { origin: Dialect::AnthropicMessages, account: None, data: json!("signature") };
    let tool = |name: &str, extra| Tool {
        name: name.to_owned(),
        description: None,
        parameters: Some(json!({ "type": "object" })),
        strict: None,
        extra,
    };
    let mut foreign_request = ChatRequest {
        system: vec![text("Be brief."), text("Be kind.")],
        tools: vec![tool("look", foreign("cache_control")), tool("web_search", foreign("type"))],
        tool_choice: ToolChoice::Required,
        parallel_tools: Some(false),
        max_output_tokens: Some(100),
        stream: true,
        extra: foreign("top_k"),
        ..request(vec![
            message(Role::User, vec![text("What is it?"), picture()]),
            message(
                Role::Assistant,
                vec![
                    Part::Reasoning("hm".to_owned()),
                    Part::Opaque(state),
                    text("I look."),
                    call("a"),
                    text("And again."),
                    call("b"),
                ],
            ),
            message(
                Role::User,
                vec![
                    result("a", vec![text("a cat"), picture()], false),
                    result("b", vec![], true),
                    text("Well?"),
                ],
            ),
        ])
    };
    foreign_request.messages[0].extra = foreign("cache_control");
    let (body, losses) = written(&foreign_request, Quirks::default());
    insta::assert_json_snapshot!("foreign_request", body);
    let losses: Vec<String> = losses
        .iter()
        .map(|loss| format!("{} {:?} {:?}", loss.path, loss.kind, loss.severity))
        .collect();
    insta::assert_snapshot!("foreign_request_losses", losses.join("\n"));
}

#[test]
fn quirk_old_max_tokens() {
    let limited = ChatRequest {
        max_output_tokens: Some(5),
        ..request(vec![message(Role::User, vec![text("hi")])])
    };
    let (body, _) = written(&limited, Quirks::default());
    assert_eq!((&body["max_completion_tokens"], &body["max_tokens"]), (&json!(5), &Value::Null));
    let (body, _) = written(&limited, Quirks { old_max_tokens: true, ..Quirks::default() });
    assert_eq!((&body["max_completion_tokens"], &body["max_tokens"]), (&Value::Null, &json!(5)));
}

#[test]
fn quirk_takes_reasoning() {
    let parts = vec![Part::Reasoning("hm".to_owned()), text("yes")];
    let thought = request(vec![message(Role::Assistant, parts)]);
    let (body, losses) = written(&thought, Quirks { takes_reasoning: true, ..Quirks::default() });
    assert_eq!(body["messages"][0]["reasoning_content"], "hm");
    assert_eq!(losses, []);
    let (body, losses) = written(&thought, Quirks::default());
    assert!(!body.to_string().contains("hm"), "reasoning is never shown as text: {body}");
    let lost = Loss {
        path: "messages.0.content.0".to_owned(),
        kind: LossKind::Dropped,
        severity: Severity::Hint,
    };
    assert_eq!(losses, [lost]);
}

proptest! {
    #[test]
    fn what_is_written_is_decoded_again(request in any_request()) {
        let quirks = Quirks { takes_reasoning: true, ..Quirks::default() };
        let encoded = encode_request(&request, &request.model, quirks);
        prop_assert_eq!(&encoded.losses, &[]);
        let again = decode_request(&encoded.body);
        prop_assert_eq!(again, Ok(request));
    }
}

fn any_text() -> impl Strategy<Value = String> {
    "\\PC{1,12}"
}

fn any_extra() -> impl Strategy<Value = Extra> {
    vec(("x_[a-z]{1,3}", 0..9u8), 0..2).prop_map(|fields| {
        let fields: Map<String, Value> =
            fields.into_iter().map(|(name, value)| (name, value.into())).collect();
        Extra { origin: (!fields.is_empty()).then_some(Dialect::OpenaiChat), fields }
    })
}

fn any_user_part() -> impl Strategy<Value = Part> {
    let kind = json!({ "type": "hologram", "x": [1] });
    prop_oneof![
        4 => any_text().prop_map(Part::Text),
        1 => (any_text(), option::of("low|high"))
            .prop_map(|(url, detail)| Part::Image { url, detail }),
        1 => any_text().prop_map(|data| Part::Audio { data, format: "wav".to_owned() }),
        1 => (option::of(any_text()), any_text(), option::of(any_text()))
            .prop_map(|(data, id, name)| Part::File { data, file_id: Some(id), name }),
        1 => Just(Part::Unknown { origin: Dialect::OpenaiChat, value: kind }),
    ]
}

fn any_message() -> impl Strategy<Value = Message> {
    let texts = || vec(any_text().prop_map(Part::Text), 1..3);
    let said = prop_oneof![
        3 => (Just(Role::User), vec(any_user_part(), 1..4)),
        1 => (Just(Role::System), texts()),
        3 => (Just(Role::Assistant), any_answer()),
        1 => (any_text(), texts()).prop_map(|(call_id, parts)| {
            (Role::Tool, vec![Part::ToolResult { call_id, parts, is_error: false }])
        }),
    ];
    (said, option::of("[a-z]{1,5}"), any_extra()).prop_map(|((role, parts), name, extra)| Message {
        role,
        parts,
        name,
        extra,
    })
}

/// In the order in which this dialect gives an assistant's parts back.
fn any_answer() -> impl Strategy<Value = Vec<Part>> {
    let call = (any_text(), any_text(), any_text())
        .prop_map(|(id, name, arguments)| Part::ToolCall { id, name, arguments });
    (
        vec(any_text().prop_map(Part::Reasoning), 0..2),
        vec(any_text().prop_map(Part::Text), 0..3),
        vec(any_text().prop_map(Part::Refusal), 0..2),
        vec(call, 0..3),
    )
        .prop_map(|(reasoning, texts, refusal, calls)| {
            [reasoning, texts, refusal, calls].into_iter().flatten().collect()
        })
}

fn any_tool() -> impl Strategy<Value = Tool> {
    (any_text(), option::of(any_text()), any::<Option<bool>>(), any_extra()).prop_map(
        |(name, description, strict, extra)| Tool {
            name,
            description,
            parameters: strict.map(|_| json!({ "type": "object" })),
            strict,
            extra,
        },
    )
}

fn any_sampling() -> impl Strategy<Value = Sampling> {
    // Two digits: serde_json's quick parser may miss the last bit of a long number.
    let number = || option::of((-200..200i32).prop_map(|hundredths| f64::from(hundredths) / 100.0));
    let numbers = (number(), number(), number(), number());
    (numbers, any::<Option<i64>>(), vec(any_text(), 0..3), option::of("low|high")).prop_map(
        |((temperature, top_p, presence_penalty, frequency_penalty), seed, stop, effort)| {
            Sampling {
                temperature,
                top_p,
                presence_penalty,
                frequency_penalty,
                seed,
                stop,
                reasoning_effort: effort,
            }
        },
    )
}

fn any_output() -> impl Strategy<Value = OutputFormat> {
    prop_oneof![
        Just(OutputFormat::Text),
        Just(OutputFormat::JsonObject),
        (any_text(), any::<Option<bool>>()).prop_map(|(name, strict)| OutputFormat::JsonSchema {
            name: Some(name),
            schema: json!({ "type": "object" }),
            strict,
        }),
    ]
}

fn any_request() -> impl Strategy<Value = ChatRequest> {
    let tool_choice = prop_oneof![
        Just(ToolChoice::Unset),
        Just(ToolChoice::Auto),
        Just(ToolChoice::None),
        Just(ToolChoice::Required),
        any_text().prop_map(ToolChoice::Named),
    ];
    let system = vec(any_text().prop_map(Part::Text), 0..3);
    // Instructions that stand first are `system`, so some other turn stands before these.
    let messages = vec(any_message(), 0..4).prop_map(|mut messages| {
        messages.insert(0, message(Role::User, vec![text("hi")]));
        messages
    });
    let tools = (vec(any_tool(), 0..3), tool_choice, any::<Option<bool>>());
    let limits = (any::<Option<u64>>(), 1..=128u32, any::<bool>());
    (any_text(), system, messages, tools, any_output(), any_sampling(), limits, any_extra())
        .prop_map(|(model, system, messages, tools, output, sampling, limits, extra)| {
            let (max_output_tokens, choices, stream) = limits;
            ChatRequest {
                model,
                system,
                tools: tools.0,
                tool_choice: tools.1,
                parallel_tools: tools.2,
                output,
                sampling,
                max_output_tokens,
                choices,
                stream,
                include_usage: stream,
                extra,
                ..request(messages)
            }
        })
}
