//! What both sides compute while pairing.

/// The text that a node signs: bound to the gateway and to one challenge.
#[must_use]
pub fn proof_text(gateway: &str, nonce: &str) -> String {
    format!("tabway node 1\n{gateway}\n{nonce}")
}

/// The text whose SHA-256 gives the short fingerprint: its first 5 bytes as base32, `ABCD-EFGH`.
#[must_use]
pub fn fingerprint_text(gateway: &str, key: &str) -> String {
    format!("tabway fingerprint 1\n{gateway}\n{key}")
}
