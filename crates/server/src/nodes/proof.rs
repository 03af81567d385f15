//! The proof that a node holds its private key, and what people compare while pairing.

use aws_lc_rs::{
    digest,
    signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey},
};
use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use tabway_protocol::pairing::{fingerprint_text, proof_text};

/// Bytes of an uncompressed P-256 point.
const POINT_BYTES: usize = 65;

/// A proof that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the proof of the node's key is not good")]
pub(super) struct BadProof;

/// Checks that whoever sent `signature` holds the private key of `key` and was asked just now by
/// this gateway: the signed text names both the gateway and the nonce.
pub(super) fn check(
    gateway: &str,
    nonce: &str,
    key: &str,
    signature: &str,
) -> Result<(), BadProof> {
    let point = BASE64URL_NOPAD.decode(key.as_bytes()).map_err(|_| BadProof)?;
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| BadProof)?;
    if point.len() != POINT_BYTES || point.first() != Some(&4) {
        return Err(BadProof);
    }
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        .verify(proof_text(gateway, nonce).as_bytes(), &signature)
        .map_err(|_| BadProof)
}

/// Text for one use.
pub(super) fn nonce() -> Option<String> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).ok()?;
    Some(BASE64URL_NOPAD.encode(&bytes))
}

/// What a person compares: `ABCD-EFGH`.
pub(super) fn fingerprint(gateway: &str, key: &str) -> String {
    let digest = digest::digest(&digest::SHA256, fingerprint_text(gateway, key).as_bytes());
    let letters = BASE32_NOPAD.encode(&digest.as_ref()[..5]);
    let (first, second) = letters.split_at(4);
    format!("{first}-{second}")
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rand::SystemRandom,
        signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
    };

    use super::*;

    fn signed(pair: &EcdsaKeyPair, gateway: &str, nonce: &str) -> (String, String) {
        let text = proof_text(gateway, nonce);
        let signature = pair.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        let key = BASE64URL_NOPAD.encode(pair.public_key().as_ref());
        (key, BASE64URL_NOPAD.encode(signature.as_ref()))
    }

    #[test]
    fn a_proof_is_for_one_key_one_gateway_and_one_challenge() {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let (key, signature) = signed(&pair, "gw_1", "nonce");
        assert_eq!(check("gw_1", "nonce", &key, &signature), Ok(()));
        assert_eq!(check("gw_2", "nonce", &key, &signature), Err(BadProof));
        assert_eq!(check("gw_1", "other", &key, &signature), Err(BadProof));
        let other = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let (stolen, _) = signed(&other, "gw_1", "nonce");
        assert_eq!(check("gw_1", "nonce", &stolen, &signature), Err(BadProof));
        for broken in ["", "AAAA", "!", &key[..40], &format!("{key}=")] {
            assert_eq!(check("gw_1", "nonce", broken, &signature), Err(BadProof), "{broken}");
            assert_eq!(check("gw_1", "nonce", &key, broken), Err(BadProof), "{broken}");
        }
    }

    #[test]
    fn the_fingerprint_is_what_the_extension_shows() {
        assert_eq!(fingerprint("gw_1", "key"), "EIWP-UCRG");
    }
}
