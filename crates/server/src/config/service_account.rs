//! A key file of Google: what tokens are had with (RFC 7523).

use std::{fmt, sync::Arc};

use arc_swap::ArcSwapOption;
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{RSA_PKCS1_SHA256, RsaEncoding},
};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use http::Uri;
use serde::Deserialize;
use serde_json::json;
use tokio::{sync::Mutex, time::Instant};

use super::{ConfigError, account::Sent};

/// What the token may be used for.
const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// How long an assertion is good, in seconds.
const LIFE: u64 = 3_600;

/// A service account and the token that it has now.
pub struct ServiceAccount {
    email: String,
    key_id: String,
    project: Option<String>,
    key: KeyPair,
    /// Where tokens are had.
    pub token_uri: Uri,
    /// The token in use. Read by every request, without a lock.
    pub token: ArcSwapOption<Token>,
    /// Held by the one that fetches the next.
    pub fetching: Mutex<Fetching>,
}

/// A token.
#[derive(Debug)]
pub struct Token {
    /// What is sent.
    pub sent: Arc<Sent>,
    /// When it ends.
    pub ends: Instant,
    /// From when on the next one is fetched.
    pub refresh: Instant,
}

/// How the last fetch went.
#[derive(Debug, Default)]
pub struct Fetching {
    /// Not before this moment again, after a failure.
    pub not_before: Option<Instant>,
}

impl ServiceAccount {
    /// Reads a key file.
    ///
    /// # Errors
    /// What is wrong with it; none of its contents.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        #[derive(Deserialize)]
        struct KeyFile {
            #[serde(rename = "type", default)]
            kind: String,
            client_email: String,
            private_key: String,
            #[serde(default)]
            private_key_id: String,
            #[serde(default)]
            project_id: Option<String>,
            token_uri: String,
        }
        let wrong = |words: &str| ConfigError::new(format!("the service account's key: {words}"));
        // The parser's own words would quote what it read.
        let file: KeyFile = serde_json::from_str(text).map_err(|_| {
            wrong(
                "not a JSON key file of Google Cloud (IAM, Service accounts, Keys, Add key, JSON)",
            )
        })?;
        if file.kind != "service_account" {
            return Err(wrong("its `type` is not service_account"));
        }
        let key = der_of(&file.private_key)
            .and_then(|der| KeyPair::from_pkcs8(&der).ok())
            .ok_or_else(|| wrong("its `private_key` is not an RSA key in PEM (PKCS #8)"))?;
        let token_uri: Uri =
            file.token_uri.parse().map_err(|_| wrong("its `token_uri` is not an address"))?;
        let loopback = matches!(token_uri.host(), Some("127.0.0.1" | "[::1]" | "localhost"));
        match token_uri.scheme_str() {
            Some("https") => {}
            Some("http") if loopback => {}
            _ => return Err(wrong("its `token_uri` is not an https address")),
        }
        Ok(Self {
            email: file.client_email,
            key_id: file.private_key_id,
            project: file.project_id,
            key,
            token_uri,
            token: ArcSwapOption::empty(),
            fetching: Mutex::default(),
        })
    }

    /// Who it is.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.email
    }

    /// Which of its keys.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The project that it was made in.
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        self.project.as_deref()
    }

    /// A signed claim to be this account, made at `now` (seconds since the epoch).
    ///
    /// # Errors
    /// When the key does not sign.
    pub fn assertion(&self, now: u64) -> Result<String, ConfigError> {
        let head = json!({ "alg": "RS256", "typ": "JWT", "kid": self.key_id });
        let claims = json!({
            "iss": self.email,
            "scope": SCOPE,
            "aud": self.token_uri.to_string(),
            "iat": now,
            "exp": now + LIFE,
        });
        let part = |value: serde_json::Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(head), part(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        let encoding: &'static dyn RsaEncoding = &RSA_PKCS1_SHA256;
        self.key
            .sign(encoding, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| ConfigError::new("the service account's key does not sign"))?;
        Ok(format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature)))
    }
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAccount").field("email", &self.email).finish_non_exhaustive()
    }
}

/// The bytes of a PEM block.
fn der_of(pem: &str) -> Option<Vec<u8>> {
    let inner = pem.split_once("-----BEGIN PRIVATE KEY-----")?.1;
    let inner = inner.split_once("-----END PRIVATE KEY-----")?.0;
    let text: String = inner.chars().filter(|c| !c.is_whitespace()).collect();
    BASE64.decode(text.as_bytes()).ok()
}
