use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// What came out, texts that follow each other as one.
pub fn sift(pieces: &[&str]) -> (String, Vec<(String, Value)>, Vec<String>) {
    let mut sieve = Sieve::new(vec!["get_weather".to_owned(), "f".to_owned()]);
    let mut out = Vec::new();
    for piece in pieces {
        sieve.push(piece, &mut out).unwrap();
    }
    sieve.finish(&mut out).unwrap();
    let (mut text, mut calls, mut broken) = (String::new(), Vec::new(), Vec::new());
    for sifted in out {
        match sifted {
            Sifted::Text(more) => text.push_str(&more),
            Sifted::Calls(found) => {
                calls.extend(found.into_iter().map(|c| (c.name, Value::Object(c.arguments))));
            }
            Sifted::Broken { why, .. } => broken.push(why),
        }
    }
    (text, calls, broken)
}

fn call(arguments: Value) -> (String, Value) {
    ("f".to_owned(), arguments)
}

const F: &str = r#"{"name": "f", "arguments": {}}"#;

#[test]
fn calls_are_taken_out_and_the_text_around_them_stays() {
    let three = vec![call(json!({})); 3];
    for (text, said, calls) in [
        (format!("One.\n\n<tool_call>\n{F}\n</tool_call>\n"), "One.", &three[..1]),
        (format!("<tool_call>{F}</tool_call><tool_call>{F}</tool_call>"), "", &three[..2]),
        (format!("<tool_call>{F}<tool_call>{F}</tool_call>{F}"), "", &three[..]),
        (
            format!("<tool_call>\n<tool_call>{F}<tool_call>\n<tool_call>\n{F}<tool_call>"),
            "",
            &three[..2],
        ),
        (format!("<tool_call>\n{F}\n{F}\n</tool_call> and so"), " and so", &three[..2]),
        (format!("<tool_calls>[{F}, {F}]</tool_calls>"), "", &three[..2]),
        (format!("A\n```tool_call\n{F}\n```\nB"), "A\n\nB", &three[..1]),
        (format!("~~~tool_calls\n[{F}]\n~~~"), "", &three[..1]),
        (format!("<tool_call>\n```json\n{F}\n```\n</tool_call>"), "", &three[..1]),
        (format!("[TOOL_CALLS][{F}]"), "", &three[..1]),
        ("[TOOL_CALLS]f{}".to_owned(), "", &three[..1]),
        (format!("<|python_tag|>{F}"), "", &three[..1]),
        (format!("Well:\n{{\"tool_calls\": [{F}, {F}]}}"), "Well:", &three[..2]),
        (F.to_owned(), "", &three[..1]),
        (format!("{F}\n{F}"), "", &three[..2]),
        ("<function=f>\n</function>".to_owned(), "", &three[..1]),
        ("<tool_call>\n<function=f>\n</function>\n</tool_call>".to_owned(), "", &three[..1]),
        ("<tool_call>f\n</tool_call>".to_owned(), "", &three[..1]),
        (
            format!("<think>no <tool_call>{F}</tool_call></think>\n{F}"),
            "<think>no <tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call></think>",
            &three[..1],
        ),
        (format!("<tool_call>{F}}}</tool_call></tool_call>"), "", &three[..1]),
        (
            format!("<tool_call>{F}</tool_call><tool_response>42</tool_response>So."),
            "So.",
            &three[..1],
        ),
        (format!("it's `x` <tool_call>{F}"), "it's `x`", &three[..1]),
        (format!("a ` b\n<tool_call>{F}</tool_call>"), "a ` b", &three[..1]),
        (format!("```\ncode\n```\n<tool_call>{F}</tool_call>"), "```\ncode\n```", &three[..1]),
    ] {
        let (got, found, broken) = sift(&[&text]);
        assert_eq!((&*got, &found[..], broken.len()), (said, calls, 0), "{text}: {broken:?}");
    }
}

#[test]
fn what_only_looks_like_a_call_is_text() {
    for text in [
        format!("```\n<tool_call>{F}</tool_call>\n```"),
        format!("```json\n{F}\n```"),
        format!("~~~~\n```tool_call\n{F}\n```\n~~~~\n"),
        format!("- x\n    ```xml\n    <tool_call>{F}</tool_call>\n    ```"),
        format!("`<tool_call>{F}</tool_call>`"),
        format!("``a ` <tool_call>{F}</tool_call>`` b"),
        format!("```not a fence``` `<tool_call>{F}`"),
        "Use <tool_call> and </tool_call> for it.".to_owned(),
        "a <tool_call>nobody {\"a\": 1}".to_owned(),
        "<tool_call".to_owned(),
        "x < y, [TOOL and {\"name".to_owned(),
        "{\"name\": \"Rome\", \"arguments\": {}}".to_owned(),
        "{\"name\": \"f\", \"arguments\": {".to_owned(),
        "[{\"name\": \"f\", \"arguments\": {}}, 5]".to_owned(),
        "{\"id\": 1,\n{\"type\": [\n{\"name\": 2}".to_owned(),
        "<tool_response>a</tool_response>".to_owned(),
        "``` unfinished".to_owned(),
        "  \n \n".to_owned(),
        "```tool_calling\n{}\n```".to_owned(),
    ] {
        assert_eq!(sift(&[&text]), (text.clone(), vec![], vec![]), "{text}");
    }
}

#[test]
fn closers_within_texts_of_json_do_not_end_it() {
    let body = json!({"name": "f", "arguments": {"a": "x</tool_call>```\n{[\"'"}});
    for text in [
        format!("<tool_call>{body}</tool_call>"),
        format!("```tool_call\n{body}\n```"),
        body.to_string(),
    ] {
        let (said, calls, broken) = sift(&[&text]);
        assert_eq!((said, calls), (String::new(), vec![call(body["arguments"].clone())]), "{text}");
        assert!(broken.is_empty());
    }
}

#[test]
fn what_cannot_be_read_is_broken_and_does_not_leak() {
    for (text, said, calls) in [
        ("a <tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"b}}</tool_call> c", "a  c", 0),
        ("<tool_call>{\"name\": \"f\", \"arguments\": {\"a\": \"half", "", 0),
        ("<tool_call>{}</tool_call>", "", 0),
        ("<tool_call>{\"a: 1}</tool_call> b <tool_call>{\"name\": \"f\"}</tool_call>", " b", 1),
        ("<tool_calls><tool_call>{]</tool_call></tool_calls>", "", 0),
    ] {
        let (got, found, broken) = sift(&[text]);
        assert_eq!((&*got, found.len(), broken.len()), (said, calls, 1), "{text}: {broken:?}");
    }
}

#[test]
fn text_goes_through_at_once() {
    let mut sieve = Sieve::new(vec!["f".to_owned()]);
    for (piece, said) in [
        ("Hello", "Hello"),
        (" world <", " world"),
        ("b>, ", " <b>,"),
        ("\n```py\n", " \n```py"),
        ("<tool_call>{", "\n<tool_call>{"),
    ] {
        let mut out = Vec::new();
        sieve.push(piece, &mut out).unwrap();
        assert_eq!(out, [Sifted::Text(said.to_owned())], "{piece}");
    }
}

#[test]
fn a_call_without_end_is_bounded() {
    let mut sieve = Sieve::new(vec!["f".to_owned()]);
    let mut out = Vec::new();
    sieve.push("<tool_call>{\"name\": \"", &mut out).unwrap();
    let more = "x".repeat(1 << 16);
    let pushed = (0..20).map(|_| sieve.push(&more, &mut out)).collect::<Vec<_>>();
    assert!(pushed.contains(&Err(TooLong)) && out.is_empty());
    // JSON that is no call goes through when it is too long for one.
    let mut sieve = Sieve::new(vec!["f".to_owned()]);
    sieve.push("{\"name\": \"", &mut out).unwrap();
    (0..20).for_each(|_| sieve.push(&more, &mut out).unwrap());
    assert!(matches!(&out[0], Sifted::Text(text) if text.starts_with("{\"name\"")));
}

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(format!("<tool_call>{F}</tool_call>")),
        Just("<tool_call>".to_owned()),
        Just("</tool_call>".to_owned()),
        Just("```tool_call\n".to_owned()),
        Just("\n```\n".to_owned()),
        Just("~~~".to_owned()),
        Just("`".to_owned()),
        Just("``".to_owned()),
        Just("\n".to_owned()),
        Just("<think>".to_owned()),
        Just("</think>".to_owned()),
        Just("<function=f>".to_owned()),
        Just("</function>".to_owned()),
        Just("<parameter=a>1</parameter>".to_owned()),
        Just("[TOOL_CALLS]".to_owned()),
        Just("f{}".to_owned()),
        Just("<tool_response>".to_owned()),
        Just("</tool_response>".to_owned()),
        Just(F.to_owned()),
        Just("{\"name\": \"".to_owned()),
        Just("\"arguments\": {'a': ".to_owned()),
        Just("}}".to_owned()),
        Just("[{\"name\"".to_owned()),
        "[ a-zé<>\\[\\]{}\"'`\n\\\\]{0,6}",
    ];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn where_the_text_is_cut_means_nothing(
        text in pieces(),
        cuts in proptest::collection::vec(0usize..400, 0..12),
    ) {
        let whole = sift(&[&text]);
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|at| text.is_char_boundary(*at)).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let cut: Vec<&str> = cuts.windows(2).map(|w| &text[w[0]..w[1]]).collect();
        prop_assert_eq!(&sift(&cut), &whole);
        let characters: Vec<String> = text.chars().map(String::from).collect();
        let characters: Vec<&str> = characters.iter().map(String::as_str).collect();
        prop_assert_eq!(&sift(&characters), &whole);
    }
}
