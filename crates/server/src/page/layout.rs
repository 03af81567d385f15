//! What every page of the gateway has in common: its frame, its policy, and how text becomes HTML.

use http::{HeaderName, HeaderValue, header};

/// Nothing runs or loads that is not a file of the gateway.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
                      connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// Headers of a page.
pub(crate) fn headers() -> [(HeaderName, HeaderValue); 3] {
    [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]
}

/// A whole page around its content, which is HTML already.
pub(crate) fn page(title: &str, content: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} - Tabway</title>\n\
         <link rel=\"stylesheet\" href=\"/page/style.css\">\n\
         </head>\n<body>\n<header><span class=\"mark\"></span><b>Tabway</b>\
         <nav><a href=\"/\">State</a><a href=\"/extension/\">Extension</a></nav></header>\n\
         <main>\n{content}</main>\n<footer>Tabway {version}</footer>\n</body>\n</html>\n",
        title = escaped(title),
        version = env!("CARGO_PKG_VERSION"),
    )
}

/// Text as HTML shows it.
pub(crate) fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}
