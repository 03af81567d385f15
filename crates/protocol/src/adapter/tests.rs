use super::{Adapter, Role};

const GOOD: &str = r##"
schema = 1
name = "sample"
title = "Sample"
revision = 1
terms = "Ours."
new_chat = "click"
[models]
names = ["default"]

[page]
start = "/chat"
deny = ["/admin/**"]
proof = [{ css = "main" }]

[locators]
composer = [{ css = "textarea" }]
send = [{ role = "button", name = ["Send", "Senden"] }]
stop = [{ label = ["Stop"], visible = true }]
new_chat = [{ text = ["New chat"] }]
answer = [{ test_id = "bot", last = true }]

[composer]
kind = "textarea"

[send]
by = ["click", "enter"]
accepted = ["stop_visible", "tap_opened"]

[[tap]]
transport = "fetch"
path = "/api/*/stream"
method = "POST"

[answer]
kind = "records"
text = [{ pointer = "/delta" }]
done_data = "[DONE]"

[limits]
min_gap_ms = 0

[signals]
signed_out = [{ url = "/login**" }, { shown = { css = "form.login" } }]
done = [{ gone = "stop" }]
error = [{ tap_status = 500 }]
"##;

fn refused(text: &str) -> String {
    Adapter::parse(text).expect_err("a bad adapter").to_string()
}

fn with(old: &str, new: &str) -> String {
    assert!(GOOD.contains(old), "the sample has {old}");
    refused(&GOOD.replacen(old, new, 1))
}

#[test]
fn a_good_file_is_read() {
    let adapter = Adapter::parse(GOOD).expect("a good adapter");
    assert_eq!(adapter.locators[&Role::Send][0].name, ["Send", "Senden"]);
    assert_eq!(adapter.send.proof_ms, 3_000);
    let json = serde_json::to_string(&adapter).expect("JSON");
    assert_eq!(serde_json::from_str::<Adapter>(&json).expect("the same"), adapter);
}

#[test]
fn what_is_wrong_is_said_in_one_line() {
    let said = [
        with("[page]", "[page"),
        with("terms =", "termz ="),
        with("stop = [", "stopp = ["),
        with("css = \"textarea\"", "cs = \"textarea\""),
        with("shown = { css", "shown = { ccs"),
        with("gone = \"stop\"", "gone = \"stob\""),
        with("kind = \"records\"", "kind = \"record\""),
        with("done_data =", "don_data ="),
        with("by = [\"click\"", "by = [\"clik\""),
        with("title = \"Sample\"", ""),
    ];
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn rules_beyond_the_types_are_held() {
    let said = [
        with("schema = 1", "schema = 2"),
        with("\"sample\"", "\"Sample One\""),
        with("revision = 1", "revision = 0"),
        with("\"Ours.\"", "\" \""),
        with("start = \"/chat\"", "start = \"https://x/chat\""),
        with("/admin/**", "admin"),
        with("/admin/**", "/admin/{a,b}"),
        with("{ css = \"main\" }", "{ css = \"main\", test_id = \"x\" }"),
        with("{ css = \"main\" }", "{ visible = true }"),
        with("{ css = \"textarea\" }", "{ css = \"textarea\", name = [\"x\"] }"),
        with("composer = [{ css = \"textarea\" }]", "composer = []"),
        with("composer = [{ css = \"textarea\" }]", ""),
        with("send = [{ role", "answer_body = [{ role"),
        with("new_chat = [{ text", "new_chat_confirm = [{ text"),
        with("new_chat = \"click\"", "new_chat = \"click\"\ntemporary_chat = true"),
        with("by = [\"click\", \"enter\"]", "by = []"),
        with("{ gone = \"stop\" }", "{ gone = \"new_chat_confirm\" }"),
        with("{ gone = \"stop\" }", "{ gone = \"stop\", url = \"/x\" }"),
        with("tap_status = 500", "tap_status = 5"),
        with("method = \"POST\"", "method = \"post\""),
        with(TEXT, ""),
        with(TEXT, "text = [{ pointer = \"delta\" }]"),
        with(TEXT, "text = [{ pointer = \"/delta\", as = \"reasoning\" }]"),
        with(TEXT, "text = [{ pointer = \"/delta\", choice = 2 }]"),
        with(TEXT, "text = [{ pointer = \"/delta\", follows = true }]"),
        with(TEXT, "framing = \"lines\"\ntext = [{ event = \"token\" }]"),
        with(TEXT, "framing = \"socketio\"\ntext = [{ event = \"token\", pointer = \"/token\" }]"),
        with(TEXT, "framing = \"messages\"\ntext = [{ pointer = \"/token\" }]"),
        with(TEXT, "depth = 2\ntext = [{ pointer = \"/0\" }]"),
        with(TEXT, "framing = \"array\"\ndepth = 9\ntext = [{ pointer = \"/0\" }]"),
        with(TEXT, "finish = [{ pointer = \"/end\" }]\ntext = [{ pointer = \"/delta\" }]"),
        with(TEXT, "done = [{}]\ntext = [{ pointer = \"/delta\" }]"),
        with(
            TEXT,
            "done = [{ only = [{ pointer = \"end\" }] }]\ntext = [{ pointer = \"/delta\" }]",
        ),
        with("min_gap_ms = 0", "total_ms = 0"),
        with("min_gap_ms = 0", "silence_ms = 1000000"),
        with("names = [\"default\"]", "names = [\"a\", \"a\"]"),
        with(
            "[limits]",
            "[[overlays]]\nshown = { css = \".cookies\" }\nclose = { text = [\"Accept all\"] }\n[limits]",
        ),
        with("[limits]", "[files]\nby = [\"input\"]\n[limits]"),
        with(
            "[limits]",
            "[parameters.search]\nkind = \"slider\"\nat = [{ css = \"i\" }]\n[limits]",
        ),
        with("{ test_id = \"bot\", last = true }", "{ test_id = \"bot\", within = \"scroller\" }"),
        with(
            "new_chat = \"click\"",
            "verified = { version = \"1\", date = \"1.5.2026\" }\nnew_chat = \"click\"",
        ),
    ];
    insta::assert_snapshot!(said.join("\n"));
}

const TEXT: &str = "text = [{ pointer = \"/delta\" }]";
