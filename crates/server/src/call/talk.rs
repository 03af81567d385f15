//! A conversation by its contents: whose it is, with which model of which site, and every turn so
//! far. Two requests that agree in all of it go on with the same conversation.

use aws_lc_rs::digest::{Context, SHA256};
use tabway_dialects::chat::{ChatRequest, Delta, Event, Message, Part, PartKind, Role};

/// Everything up to some answer, as one number.
pub(crate) type Head = [u8; 32];

/// The turns of a request, and where its last answer of the model stands in it.
#[derive(Clone)]
pub(crate) struct Talk {
    /// Up to the model's last answer, where there is one and something after it.
    pub(crate) head: Option<Head>,
    /// The turns after it: what is new.
    pub(crate) tail: usize,
    /// All of it.
    whole: Context,
}

impl Talk {
    /// `owner`: the key; `place`: site and choice of model. What belongs to the whole conversation
    /// goes before its turns.
    pub(crate) fn of(owner: &str, place: &[&str], request: &ChatRequest) -> Self {
        let mut whole = Context::new(&SHA256);
        feed(&mut whole, b'o', owner);
        for word in place {
            feed(&mut whole, b'p', word);
        }
        feed(&mut whole, b's', text_of(&request.system).trim());
        feed(
            &mut whole,
            b't',
            &format!("{:?}{:?}{:?}", request.tools, request.tool_choice, request.output),
        );
        let last = request.messages.iter().rposition(|message| message.role == Role::Assistant);
        let tail = last.map_or(0, |last| last + 1);
        let mut head = None;
        for (at, message) in request.messages.iter().enumerate() {
            feed_turn(&mut whole, message);
            if Some(at) == last && tail < request.messages.len() {
                head = Some(finish(whole.clone()));
            }
        }
        Self { head, tail, whole }
    }

    /// The head of the conversation once this answer stands at its end.
    pub(crate) fn answered(&self, answer: &Answered) -> Head {
        let mut whole = self.whole.clone();
        feed_answer(&mut whole, &answer.text, &answer.calls);
        finish(whole)
    }
}

/// What a client will repeat of an answer: its text and its calls.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    text: String,
    calls: Vec<(String, String)>,
    /// Parts of the first choice that count: their numbers, and their place in `calls`.
    parts: Vec<(u32, Option<usize>)>,
}

impl Answered {
    /// Takes an event of the answer.
    pub(crate) fn push(&mut self, event: &Event) {
        match event {
            Event::PartStart { choice: 0, part, kind } => match kind {
                PartKind::Text | PartKind::Refusal => self.parts.push((*part, None)),
                PartKind::ToolCall { name, .. } => {
                    self.parts.push((*part, Some(self.calls.len())));
                    self.calls.push((name.clone(), String::new()));
                }
                PartKind::Reasoning => {}
            },
            Event::Delta { part, delta } => {
                let Some((_, call)) = self.parts.iter().find(|(number, _)| number == part) else {
                    return;
                };
                match (delta, call) {
                    (Delta::Text(text), _) => self.text.push_str(text),
                    (Delta::Arguments(text), Some(call)) => {
                        if let Some((_, arguments)) = self.calls.get_mut(*call) {
                            arguments.push_str(text);
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

fn feed_turn(context: &mut Context, message: &Message) {
    if message.role == Role::Assistant {
        let calls = message.parts.iter().filter_map(|part| match part {
            Part::ToolCall { name, arguments, .. } => Some((name.clone(), arguments.clone())),
            _ => None,
        });
        return feed_answer(context, &text_of(&message.parts), &calls.collect::<Vec<_>>());
    }
    let role = match message.role {
        Role::System => b'S',
        Role::Tool => b'T',
        Role::User | Role::Assistant => b'U',
    };
    feed(context, role, "");
    for part in &message.parts {
        match part {
            // A client may repeat a text as one piece or as several.
            Part::Text(text) => feed(context, b'x', text),
            other => feed(context, b'y', &format!("{other:?}")),
        }
    }
}

fn feed_answer(context: &mut Context, text: &str, calls: &[(String, String)]) {
    feed(context, b'A', text.trim());
    for (name, arguments) in calls {
        feed(context, b'c', name);
        // The same JSON may be written in several ways.
        let value = serde_json::from_str::<serde_json::Value>(arguments);
        let plain = value.map_or_else(|_| arguments.clone(), |value| value.to_string());
        feed(context, b'a', &plain);
    }
}

/// Texts joined, other parts left out.
fn text_of(parts: &[Part]) -> String {
    let texts = parts.iter().filter_map(|part| match part {
        Part::Text(text) | Part::Refusal(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// With its kind and length before it, so that no two lists of pieces look alike.
fn feed(context: &mut Context, kind: u8, text: &str) {
    context.update(&[kind]);
    context.update(&(text.len() as u64).to_le_bytes());
    context.update(text.as_bytes());
}

fn finish(context: Context) -> Head {
    let mut head = [0; 32];
    head.copy_from_slice(context.finish().as_ref());
    head
}

#[cfg(test)]
mod tests {
    use super::*;
    use tabway_dialects::openai_chat::decode_request;

    fn request(messages: &str) -> ChatRequest {
        decode_request(format!(r#"{{"model":"m","messages":[{messages}]}}"#).as_bytes()).unwrap()
    }

    fn talk(owner: &str, messages: &str) -> Talk {
        Talk::of(owner, &["site", "default"], &request(messages))
    }

    fn answer(text: &str) -> Answered {
        let mut answered = Answered::default();
        answered.push(&Event::PartStart { choice: 0, part: 0, kind: PartKind::Reasoning });
        answered.push(&Event::PartStart { choice: 0, part: 1, kind: PartKind::Text });
        answered.push(&Event::Delta { part: 0, delta: Delta::Text("hm".to_owned()) });
        for piece in text.split_inclusive(' ') {
            answered.push(&Event::Delta { part: 1, delta: Delta::Text(piece.to_owned()) });
        }
        answered
    }

    const ONE: &str = r#"{"role":"system","content":"be brief"},{"role":"user","content":"hi"}"#;
    const TWO: &str =
        r#",{"role":"assistant","content":"Hello there. "},{"role":"user","content":"more"}"#;

    #[test]
    fn the_next_request_goes_on_where_the_answer_ended() {
        let first = talk("k", ONE);
        assert_eq!(first.head, None);
        let second = talk("k", &format!("{ONE}{TWO}"));
        assert_eq!(second.head, Some(first.answered(&answer("Hello there."))));
        assert_eq!(second.tail, 2, "the system's turn stands before the conversation");
    }

    #[test]
    fn another_key_another_history_or_other_instructions_are_another_conversation() {
        let head = Some(talk("k", ONE).answered(&answer("Hello there.")));
        let whole = format!("{ONE}{TWO}");
        for other in [
            talk("other", &whole),
            talk("k", &whole.replace("hi", "hey")),
            talk("k", &whole.replace("brief", "long")),
            talk("k", &whole.replace("Hello", "Hallo")),
            Talk::of("k", &["site", "other"], &request(&whole)),
            talk("k", &whole.replace(r#""hi"}"#, r#""h"},{"role":"user","content":"i"}"#)),
        ] {
            assert_ne!(other.head, head);
        }
    }

    #[test]
    fn a_conversation_that_ends_with_the_model_s_answer_has_nothing_to_go_on_with() {
        let prefilled = format!(r#"{ONE},{{"role":"assistant","content":"Well"}}"#);
        assert_eq!(talk("k", &prefilled).head, None);
    }
}
