//! Addresses that a page names and a client may be told of.

/// The longest address, in bytes.
const MAX_ADDRESS_BYTES: usize = 8_192;

/// Endings of names that mean another machine to everyone, or none.
const NOT_PUBLIC: [&str; 7] = ["localhost", "local", "internal", "lan", "arpa", "test", "invalid"];

/// The address as it may stand in Markdown; `None` where it could break out of it.
pub(super) fn in_markdown(address: &str) -> Option<String> {
    let bad =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\\' | '`');
    let fits = address.len() <= MAX_ADDRESS_BYTES && !address.contains(bad);
    fits.then(|| address.replace('(', "%28").replace(')', "%29"))
}

/// Whether it is an `http` or `https` address of a host that has a public name: anything else would
/// make a client open what the page chose on its own machine or in its own network.
pub(super) fn is_public(address: &str) -> bool {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let Some(rest) = rest else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // No credentials, no numbers in place of names; a port is all that may follow the name.
    let name = host.split_once(':').map_or(host, |(name, _)| name).to_ascii_lowercase();
    let labels: Vec<&str> = name.split('.').collect();
    let plain = |label: &&str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let port = host.split_once(':').map_or("", |(_, port)| port);
    let [_, .., last] = labels.as_slice() else { return false };
    labels.iter().all(plain)
        && port.chars().all(|c| c.is_ascii_digit())
        && last.starts_with(|c: char| c.is_ascii_alphabetic())
        && !NOT_PUBLIC.contains(last)
}
