//! The adapter that docs/ADAPTERS.md shows is whole: who copies it has a file that works.

use std::fs;

use tabway_protocol::adapter::{Adapter, Recording};

/// Messages of one turn on the real page, cut short.
const TURN: &str = r#"
{"kind":"message","stream":1,"text":"{\"busy\":\"busy\"}"}
{"kind":"message","stream":1,"text":"{\"custom\":{\"shinyChatMessage\":{\"id\":\"chat\",\"action\":{\"type\":\"chunk_start\"}}}}"}
{"kind":"message","stream":1,"text":"{\"custom\":{\"shinyChatMessage\":{\"id\":\"chat\",\"action\":{\"type\":\"chunk\",\"content\":\"You \"}}}}"}
{"kind":"message","stream":1,"text":"{\"custom\":{\"shinyChatMessage\":{\"id\":\"chat\",\"action\":{\"type\":\"chunk\",\"content\":\"said\"}}}}"}
{"kind":"message","stream":1,"text":"{\"custom\":{\"shinyChatMessage\":{\"id\":\"chat\",\"action\":{\"type\":\"chunk_end\"}}}}"}
"#;
const BROKE: &str = r#"{"kind":"message","stream":1,"text":"{\"notification\":{\"type\":\"show\",\"message\":{\"html\":\"it broke\",\"type\":\"error\"}}}"}"#;

#[test]
fn the_example_of_the_docs_works() {
    let docs = fs::read_to_string(super::folder().join("../docs/ADAPTERS.md")).expect("the docs");
    let blocks = docs.split("```toml\n").skip(1).filter_map(|rest| rest.split_once("\n```"));
    let whole: Vec<&str> =
        blocks.map(|(text, _)| text).filter(|text| text.starts_with("schema = ")).collect();
    let [text] = whole[..] else { panic!("one whole adapter, not {}", whole.len()) };
    let adapter = Adapter::parse(text).unwrap_or_else(|error| panic!("the example: {error}"));
    let replay = |lines: &str| {
        let recording = Recording::read(lines.trim_start()).expect("a recording");
        recording.replay(&adapter.answer)
    };
    assert_eq!(replay(TURN).text(), "You said");
    // What breaks in the middle says that its text has ended, too, before it says that it broke.
    let broke = replay(&format!("{TURN}{BROKE}\n"));
    assert!(broke.failure.is_some(), "half an answer passes for a whole one");
}
