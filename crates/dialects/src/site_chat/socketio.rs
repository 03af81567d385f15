//! Socket.IO events within Engine.IO packets.
//! Source: <https://socket.io/docs/v4/socket-io-protocol/> and `engine-io-protocol`.

use serde_json::value::RawValue;

use super::framing::Raw;

/// Separates the packets of a polling reply.
const SEPARATOR: char = '\u{1e}';

/// The events of a polling reply.
pub(super) fn packets(reply: &str, out: &mut Vec<Raw>) {
    out.extend(reply.split(SEPARATOR).filter_map(event));
}

/// Name and first argument of an event: Engine.IO message `4`, Socket.IO event `2`, an optional
/// `/namespace,`, an optional number of the acknowledgement, and `["name", argument...]`.
pub(super) fn event(packet: &str) -> Option<Raw> {
    let mut rest = packet.strip_prefix("42")?;
    if rest.starts_with('/') {
        rest = rest.split_once(',')?.1;
    }
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let list: Vec<&RawValue> = serde_json::from_str(rest).ok()?;
    let (name, arguments) = list.split_first()?;
    let name = serde_json::from_str(name.get()).ok()?;
    let text = arguments.first().map_or("null", |argument| argument.get()).to_owned();
    Some(Raw { name: Some(name), text })
}
