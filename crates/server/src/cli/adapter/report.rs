//! A diagnosis as one HTML file. It holds no text of the page but the words of its signals; the sketch
//! is an image, in which nothing can run.

use std::fmt::Write as _;

use data_encoding::BASE64;
use serde_json::Value;

use super::{
    super::output::{list, moment, text},
    doctor::row,
};
use crate::page::layout::escaped;

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}\
    table{border-collapse:collapse}td,th{border-bottom:1px solid #ddd;padding:.25rem .75rem;text-align:left}\
    img{border:1px solid #ccc;max-width:100%}.none{color:#c92a2a}";

/// The whole file.
pub(super) fn html(seen: &Value) -> String {
    let title = format!("{} - what its page shows", text(seen, "site"));
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; \
         style-src 'unsafe-inline'\"><title>{0}</title><style>{STYLE}</style></head>\n\
         <body><h1>{0}</h1>\n",
        escaped(&title)
    );
    facts(&mut html, seen);
    html.push_str("<table><tr><th>Role</th><th>Locator</th><th>Found</th><th>Visible</th><th>Enabled</th><th>Element</th></tr>\n");
    for found in list(seen, "locators") {
        let none = found["count"].as_u64() == Some(0);
        html.push_str(if none { "<tr class=\"none\">" } else { "<tr>" });
        for cell in row(found) {
            put(&mut html, format_args!("<td>{}</td>", escaped(&cell)));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</table>\n");
    for found in list(seen, "signals") {
        let (signal, words) = (escaped(&text(found, "signal")), escaped(&text(found, "words")));
        put(&mut html, format_args!("<p>Signal <b>{signal}</b> holds: {words}</p>\n"));
    }
    for words in list(seen, "advice").iter().filter_map(Value::as_str) {
        put(&mut html, format_args!("<p>{}</p>\n", escaped(words)));
    }
    let sketch = text(seen, "sketch");
    if !sketch.is_empty() {
        let coded = BASE64.encode(sketch.as_bytes());
        put(
            &mut html,
            format_args!(
                "<img alt=\"The page as boxes\" src=\"data:image/svg+xml;base64,{coded}\">\n"
            ),
        );
    }
    html.push_str("</body></html>\n");
    html
}

fn facts(html: &mut String, seen: &Value) {
    let adapter = &seen["adapter"];
    let adapter = format!("{} revision {}", text(adapter, "name"), adapter["revision"]);
    let facts = [
        ("Origin", text(seen, "origin")),
        ("Path", text(seen, "path")),
        ("State", format!("{} {}", text(seen, "state").replace('_', " "), text(seen, "detail"))),
        ("Adapter", adapter),
        ("Seen", format!("{} UTC by Tabway {}", moment(&seen["at_ms"]), env!("CARGO_PKG_VERSION"))),
    ];
    html.push_str("<p>");
    for (name, fact) in facts {
        put(html, format_args!("{name}: <b>{}</b><br>", escaped(fact.trim())));
    }
    html.push_str("</p>\n");
}

fn put(html: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing into a String does not fail.
    let _ = html.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_of_a_page_becomes_markup_of_the_report() {
        let html = html(&json!({
            "site": "s", "state": "error", "adapter": { "name": "a", "revision": 1 }, "at_ms": 0,
            "locators": [{ "role": "send", "count": 1, "locator": 0, "element": "b<script>" }],
            "signals": [{ "signal": "error", "probe": 0, "words": "<img src=x>" }],
            "sketch": "<svg onload='x'/>",
        }));
        assert!(
            !html.contains("<script>") && !html.contains("<img src=x") && !html.contains("onload"),
            "{html}"
        );
        assert!(html.contains("b&lt;script&gt;") && html.contains("data:image/svg+xml;base64,"));
    }
}
