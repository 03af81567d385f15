//! What a stored file is to a browser that opens its address.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Media types that a browser may show by themselves: pixels and sound, nothing that can act.
const SHOWN: &[&str] = &[
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/bmp",
    "video/mp4",
    "video/webm",
    "video/ogg",
    "audio/mpeg",
    "audio/mp4",
    "audio/ogg",
    "audio/wav",
    "audio/webm",
    "audio/flac",
    "audio/aac",
];

/// The media type of bytes of which nothing is known.
pub(crate) const OCTETS: &str = "application/octet-stream";

/// What RFC 8187 lets stand beside letters and digits.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// The longest name that is kept, in characters.
const MAX_NAME_CHARS: usize = 120;

/// The `content-disposition` of a stored file. Only what cannot act is shown; the rest is saved.
#[must_use]
pub(crate) fn disposition(mime: &str, name: &str) -> String {
    let way = if SHOWN.contains(&mime) { "inline" } else { "attachment" };
    let fits = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ' ');
    let ascii: String = name.chars().filter(fits).collect();
    let whole = utf8_percent_encode(name, PLAIN);
    format!("{way}; filename=\"{}\"; filename*=UTF-8''{whole}", ascii.trim())
}

/// A media type as it may stand in a header.
#[must_use]
pub(crate) fn plain_mime(mime: &str) -> String {
    let mime = mime.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '+' | '-' | '_');
    let two = mime.split_once('/').is_some_and(|(kind, sub)| {
        !kind.is_empty() && !sub.is_empty() && !sub.contains('/') && mime.chars().all(fits)
    });
    if two && mime.len() <= 100 { mime } else { OCTETS.to_owned() }
}

/// The media type that a name's ending stands for: pages judge files by it.
#[must_use]
pub(crate) fn by_name(name: &str) -> String {
    mime_guess::from_path(name).first_raw().unwrap_or(OCTETS).to_owned()
}

/// A file's name without folders and characters that are not seen.
#[must_use]
pub(crate) fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    // Marks of direction make one name look like another.
    let hidden = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let name: String = last.chars().filter(|c| !hidden(c)).take(MAX_NAME_CHARS).collect();
    let name = name.trim().trim_matches('.').to_owned();
    if name.is_empty() { "file".to_owned() } else { name }
}

/// A medium's name with an ending: often it is the text that stands for a picture.
#[must_use]
pub(crate) fn named(name: &str, mime: &str) -> String {
    let name = plain_name(name);
    let has_ending = name.rsplit_once('.').is_some_and(|(_, ending)| {
        (1..=5).contains(&ending.len()) && ending.chars().all(|c| c.is_ascii_alphanumeric())
    });
    let ending = match mime {
        "image/jpeg" => "jpg",
        "image/svg+xml" => "svg",
        "text/plain" => "txt",
        "audio/mpeg" => "mp3",
        _ => mime.rsplit_once('/').map_or("bin", |(_, sub)| sub),
    };
    let plain = ending.len() <= 5 && ending.chars().all(|c| c.is_ascii_alphanumeric());
    if has_ending || !plain { name } else { format!("{name}.{ending}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_act_is_saved_and_not_shown() {
        for (mime, way) in [
            ("image/png", "inline"),
            ("video/mp4", "inline"),
            ("image/svg+xml", "attachment"),
            ("text/html", "attachment"),
            ("application/pdf", "attachment"),
            ("text/xml", "attachment"),
        ] {
            assert!(disposition(mime, "a").starts_with(way), "{mime}");
        }
    }

    #[test]
    fn a_hostile_name_stays_a_name() {
        let name = plain_name("../../etc/pass\r\nwd\"; x=\u{202e}gpj.exe");
        assert_eq!(name, "passwd\"; x=gpj.exe");
        assert_eq!(
            disposition("image/png", &name),
            "inline; filename=\"passwd xgpj.exe\"; filename*=UTF-8''passwd%22%3B%20x%3Dgpj.exe"
        );
        assert_eq!(plain_name("C:\\temp\\a.txt"), "a.txt");
        for nothing in ["", "..", "/", "\u{200f}", "..\\"] {
            assert_eq!(plain_name(nothing), "file", "{nothing:?}");
        }
        assert!(disposition("image/png", "日本.png").is_ascii());
    }

    #[test]
    fn a_type_that_is_none_is_bytes() {
        assert_eq!(plain_mime("Image/PNG; a=b"), "image/png");
        for odd in ["", "png", "image/", "/png", "a/b/c", "image/png\r\nx: y", "image/p<ng"] {
            assert_eq!(plain_mime(odd), "application/octet-stream", "{odd:?}");
        }
    }

    #[test]
    fn a_picture_s_words_become_a_file_s_name() {
        assert_eq!(named("A dot", "image/png"), "A dot.png");
        assert_eq!(named("a.csv", "text/csv"), "a.csv");
        assert_eq!(named("Fig. of three", "image/jpeg"), "Fig. of three.jpg");
        assert_eq!(named("", "application/vnd.ms-excel"), "file");
    }
}
