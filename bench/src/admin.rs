//! The gateway's admin API, as far as a run needs it: pairing nodes and counting them.

use std::{fs, net::SocketAddr, path::Path};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tabway::browser;
use tokio::sync::oneshot;

use crate::{
    http::{Connection, admin_request},
    node::{Identity, Node},
};

/// Where the gateway leaves the token of the admin API.
const TOKEN_FILE: &str = "admin-token";

/// One gateway's admin API.
#[derive(Debug)]
pub struct Admin {
    addr: SocketAddr,
    token: String,
}

impl Admin {
    /// Reads the token of a gateway that runs on this data folder.
    ///
    /// # Errors
    /// When there is none.
    pub fn of(addr: SocketAddr, data: &Path) -> Result<Self> {
        let token = fs::read_to_string(data.join(TOKEN_FILE)).context("the admin token")?;
        Ok(Self { addr, token: token.trim().to_owned() })
    }

    /// A fresh pairing code.
    ///
    /// # Errors
    /// When the gateway gives none.
    pub async fn pairing(&self) -> Result<Pairing> {
        let made = self.call("POST", "/api/pairings", &json!({})).await?;
        let text = |name: &str| made[name].as_str().map(str::to_owned).context("a pairing code");
        Ok(Pairing { id: text("id")?, text: text("code")? })
    }

    /// Pairs a new simulated node, as its owner would who compares the fingerprints.
    ///
    /// # Errors
    /// When the gateway refuses.
    pub async fn pair(&self, label: &str) -> Result<Node> {
        let pairing = self.pairing().await?;
        let identity = Identity::new(label)?;
        let origin = origin();
        let (told, fingerprint) = oneshot::channel();
        let mut told = Some(told);
        let connected =
            Node::connect(self.addr, &origin, &identity, Some(&pairing.text), |fingerprint| {
                // Nobody listens only after a failure, which says more.
                told.take().map(|told| told.send(fingerprint));
            });
        let accepted = async {
            // Without a fingerprint the connection has failed and says why.
            let Ok(fingerprint) = fingerprint.await else { return Ok(()) };
            pairing.accept(self, &fingerprint).await
        };
        let (node, accepted) = tokio::join!(connected, accepted);
        accepted?;
        node
    }

    /// A key that lets in so many nodes without a comparison, for an hour.
    ///
    /// # Errors
    /// When the gateway gives none.
    pub async fn fleet(&self, count: usize) -> Result<String> {
        let wanted = json!({ "count": count, "expires_seconds": 3_600 });
        let made = self.call("POST", "/api/fleets", &wanted).await?;
        Ok(made["key"].as_str().context("a fleet key")?.to_owned())
    }

    /// Connects a new simulated node with a fleet key.
    ///
    /// # Errors
    /// When the gateway refuses.
    pub async fn enlist(&self, label: &str, fleet: &str) -> Result<Node> {
        let identity = Identity::new(label)?;
        Node::connect(self.addr, &origin(), &identity, Some(fleet), |_| {}).await
    }

    /// How many nodes are connected, as the gateway says.
    ///
    /// # Errors
    /// When it does not say.
    pub async fn connected_nodes(&self) -> Result<usize> {
        let nodes = self.call("GET", "/api/nodes", &Value::Null).await?;
        let nodes = nodes.as_array().or(nodes["nodes"].as_array()).context("no list of nodes")?;
        Ok(nodes.iter().filter(|node| node["connected"] == true).count())
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = admin_request(method, path, self.addr, &self.token, &body);
        let mut connection = Connection::open(self.addr).await?;
        let head = connection.send(&request).await?;
        let mut reply = Vec::new();
        connection.body(head, |data| reply.extend_from_slice(data)).await?;
        let text = String::from_utf8_lossy(&reply);
        ensure!((200..300).contains(&head.status), "{method} {path}: {} {text}", head.status);
        Ok(serde_json::from_slice(&reply).unwrap_or_default())
    }
}

/// A pairing code that waits for its node.
#[derive(Debug)]
pub struct Pairing {
    id: String,
    /// What the node sends.
    pub text: String,
}

impl Pairing {
    /// Says that node and gateway show the same fingerprint.
    ///
    /// # Errors
    /// When the gateway's is another one.
    pub async fn accept(&self, admin: &Admin, fingerprint: &str) -> Result<()> {
        // The node shows its fingerprint as soon as it knows the gateway.
        let news = format!("/api/pairings/{}?seen=waiting&wait_ms=20000", self.id);
        admin.call("GET", &news, &Value::Null).await?;
        let path = format!("/api/pairings/{}/accept", self.id);
        admin.call("POST", &path, &json!({ "fingerprint": fingerprint })).await.map(drop)
    }
}

/// The origin of the extension in Chromium.
#[must_use]
pub fn origin() -> String {
    format!("chrome-extension://{}", browser::extension_id())
}
