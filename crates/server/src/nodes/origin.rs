//! Which pages may open a node's socket: our extension's, and no other.
//!
//! Chromium's extension has a fixed id, from the key in its manifest. Firefox gives each install a
//! random one; it is pinned to the node when it pairs. An origin alone proves nothing (a program
//! can send any): it keeps web pages out, the proof of the node's key keeps programs out.

use http::{HeaderMap, HeaderValue, header};

use crate::browser::extension_id;

/// Where our extension runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ExtensionOrigin {
    /// The published id.
    Chromium,
    /// An install of Firefox, by its origin.
    Firefox(String),
}

/// The extension that opens the socket; `None` for anybody else.
pub(crate) fn of(headers: &HeaderMap) -> Option<ExtensionOrigin> {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let (Some(origin), None) = (origins.next(), origins.next()) else { return None };
    let origin = HeaderValue::to_str(origin).ok()?;
    if origin.strip_prefix("chrome-extension://") == Some(extension_id()) {
        return Some(ExtensionOrigin::Chromium);
    }
    let install = origin.strip_prefix("moz-extension://")?;
    uuid::Uuid::try_parse(install).ok()?;
    Some(ExtensionOrigin::Firefox(origin.to_ascii_lowercase()))
}

/// The origin of our extension in Chromium.
#[must_use]
pub fn chromium_origin() -> String {
    format!("chrome-extension://{}", extension_id())
}

impl ExtensionOrigin {
    /// As it is kept with the node.
    pub(super) fn pinned(&self) -> String {
        match self {
            Self::Chromium => chromium_origin(),
            Self::Firefox(origin) => origin.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_text(origin: &str) -> Option<ExtensionOrigin> {
        of(&[(header::ORIGIN, HeaderValue::from_str(origin).unwrap())].into_iter().collect())
    }

    #[test]
    fn only_our_extension_passes() {
        assert_eq!(of_text(&chromium_origin()), Some(ExtensionOrigin::Chromium));
        let firefox = "moz-extension://0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0";
        assert_eq!(of_text(firefox), Some(ExtensionOrigin::Firefox(firefox.to_owned())));
        for origin in [
            "",
            "null",
            "https://evil.test",
            "http://127.0.0.1:7070",
            "chrome-extension://",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "moz-extension://evil",
            "moz-extension://",
            &format!("{}.evil.test", chromium_origin()),
            &format!("{}/", chromium_origin()),
        ] {
            assert_eq!(of_text(origin), None, "{origin}");
        }
        assert_eq!(of(&HeaderMap::new()), None);
        let mut two = HeaderMap::new();
        two.append(header::ORIGIN, HeaderValue::from_str(&chromium_origin()).unwrap());
        two.append(header::ORIGIN, HeaderValue::from_static("https://evil.test"));
        assert_eq!(of(&two), None);
    }
}
