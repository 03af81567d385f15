use super::{block, tree::Tree};
use crate::{
    chat::{Delta, Event},
    site_chat::{DecoderSpec, DomSpec, PageRecord, Sides, SiteDecoder},
};

fn markdown(html: &str) -> String {
    block::write(&Tree::parse(html), None, false, false).text
}

/// What a decoder says of records `(block, html, closed)`, one text a record, and whether the page
/// rewrote what had been said.
fn said(records: &[(u32, &str, bool)]) -> (Vec<String>, bool) {
    let mut decoder = SiteDecoder::new(&DecoderSpec::Dom(DomSpec::default()), Sides::Both);
    let mut texts = Vec::new();
    for (block, html, closed) in records {
        let mut events = Vec::new();
        let (block, html, closed) = (*block, (*html).to_owned(), *closed);
        let record = PageRecord::Dom { block, html, closed, thought: false, choice: 0 };
        decoder.push(record, &mut events).unwrap();
        texts.push(text(&events));
    }
    let mut events = Vec::new();
    decoder.finish(&mut events).unwrap();
    texts.push(text(&events));
    (texts, decoder.was_rewritten())
}

fn text(events: &[Event]) -> String {
    let texts = events.iter().filter_map(|event| match event {
        Event::Delta { delta: Delta::Text(text), .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

#[test]
fn formulas_come_from_what_the_page_keeps_of_them() {
    let annotation = "<math><semantics><mi>x</mi><annotation encoding=\"application/x-tex\">x_1 &lt; y</annotation></semantics></math>";
    for (html, wanted) in [
        (
            format!(
                "<p>If <span class=katex>{annotation}<span aria-hidden=true>x1</span></span>.</p>"
            ),
            "If $x_1 < y$.",
        ),
        (
            format!("<span class=katex-display><span class=katex>{annotation}</span></span>"),
            "$$\nx_1 < y\n$$",
        ),
        ("<p>So <span class=math-inline data-math=\"a*b*c\">abc</span></p>".into(), "So $a*b*c$"),
        (
            "<p><script type=\"math/tex; mode=display\">\\frac12</script></p>".into(),
            "$$\n\\frac12\n$$",
        ),
        (
            "<p><span class=katex-error title=\"?\">\\frac{</span> is wrong</p>".into(),
            "$\\frac{$ is wrong",
        ),
    ] {
        assert_eq!(markdown(&html), wanted, "{html}");
    }
}

#[test]
fn code_keeps_its_lines_however_they_are_laid_out() {
    let wanted = "```rust\nlet a = 1 < 2;\n\n  b(a);\n```";
    for html in [
        "<pre><code class=\"hljs language-rust\">let a = <span>1</span> &lt; 2;\n\n  b(a);\n</code></pre>",
        "<pre data-language=rust><code><div class=line>let a = 1 &lt; 2;</div><div class=line></div><div class=line>  b(a);</div></code></pre>",
        "<pre><code class=language-rust><table><tr><td class=hljs-ln-numbers>1</td><td>let a = 1 &lt; 2;</td></tr><tr><td class=hljs-ln-numbers>2</td><td></td></tr><tr><td class=hljs-ln-numbers>3</td><td>  b(a);</td></tr></table></code></pre>",
        "<pre><div><span>Rust</span><button>Copy</button></div><code>let a = 1 &lt; 2;\n\n  b(a);</code></pre>",
        "<div><div class=code-header><span>rust</span><button>Copy</button></div><pre><code>let a = 1 &lt; 2;\n\n  b(a);\n</code></pre></div>",
        "<div class=language-rust><pre><code>let a = 1 &lt; 2;<br><br>  b(a);</code></pre></div>",
    ] {
        assert_eq!(markdown(html), wanted, "{html}");
    }
}

#[test]
fn icons_buttons_and_what_only_readers_hear_are_no_text() {
    let html = "<p>Yes<span class=material-icons>content_copy</span><mat-icon>home</mat-icon><span class=sr-only>said</span><img class=emoji alt=\"😀\" src=\"/1.svg\"></p>";
    assert_eq!(markdown(html), "Yes😀");
}

#[test]
fn text_that_looks_like_markup_is_escaped_only_then() {
    for (text, wanted) in [
        ("1. a", "1\\. a"),
        ("1.5 a", "1.5 a"),
        ("# a", "\\# a"),
        ("#a", "#a"),
        ("a * b", "a * b"),
        ("*a*", "\\*a\\*"),
        ("a_b_c _d_", "a_b_c \\_d\\_"),
        ("&lt;b&gt; &lt; 3", "\\<b> < 3"),
        ("&amp;lt; & co", "\\&lt; & co"),
        ("[a](b)", "\\[a\\](b)"),
        ("a[0] = 1", "a[0] = 1"),
        ("C:\\Users", "C:\\Users"),
    ] {
        assert_eq!(markdown(&format!("<p>{text}</p>")), wanted);
    }
}

#[test]
fn what_waits_for_its_end_is_not_said() {
    let (texts, rewritten) = said(&[
        (0, "<p>So **bo</p>", false),
        (0, "<p>So <strong>bold</strong> and [a](htt</p>", false),
        (0, "<p>So <strong>bold</strong> and <a href=\"https://a.b\">a</a>. It</p>", false),
    ]);
    assert_eq!(texts, ["So", " **bold** and", " [a](https://a.b). It", ""]);
    assert!(!rewritten);
}

#[test]
fn a_paragraph_may_be_a_heading_for_a_moment() {
    let (texts, rewritten) = said(&[
        (0, "<p>Items:</p>", false),
        (0, "<h2>Items:</h2>", false),
        (0, "<p>Items:</p>", true),
        (1, "<ul><li>one</li></ul>", false),
    ]);
    assert_eq!(texts.concat(), "Items:\n\n- one");
    assert!(!rewritten);
    let (texts, rewritten) = said(&[(0, "<p>Title</p>", false), (0, "<h1>Title</h1>", true)]);
    assert_eq!(texts.concat(), "Title\n===");
    assert!(!rewritten);
}

#[test]
fn a_list_takes_back_the_number_that_followed_it() {
    let (texts, rewritten) = said(&[
        (0, "<ol><li>a</li></ol>", false),
        (0, "<ol><li>a</li></ol>", true),
        (1, "<p>2</p>", false),
        (0, "<ol><li><p>a</p></li><li><p>b</p></li></ol>", false),
    ]);
    assert_eq!(texts.concat(), "1. a\n\n2. b");
    assert!(!rewritten);
}

#[test]
fn a_change_of_what_was_said_is_flagged() {
    let (_, rewritten) =
        said(&[(0, "<p>one</p>", true), (1, "<p>two</p>", true), (0, "<p>other</p>", true)]);
    assert!(rewritten);
    let (_, rewritten) = said(&[
        (0, "<p>one</p>", true),
        (1, "<p>two</p>", true),
        (0, "<p class=seen>one</p>", true),
    ]);
    assert!(!rewritten, "only its class has changed");
}

#[test]
fn ten_thousand_elements_deep_is_no_depth() {
    let deep = |tag: &str| {
        format!("{}deep{}", format!("<{tag}>").repeat(10_000), format!("</{tag}>").repeat(10_000))
    };
    for tag in ["div", "span", "blockquote", "strong"] {
        assert!(markdown(&deep(tag)).contains("deep"), "{tag}");
    }
    assert!(markdown(&deep("ul><li")).contains("deep"));
}

#[test]
fn marks_without_end_take_no_more_time_than_words() {
    for c in ["*", "[", "`", "_", "<", "#", "|", "[^", "&", "\\", "![", "1.", "$", "("] {
        let html = format!("<p>{}</p>", c.replace('<', "&lt;").repeat(100_000));
        let written = block::write(&Tree::parse(&html), None, true, false);
        assert!(written.text.len() >= 100_000, "{c}");
    }
}
