//! The DevTools protocol as far as we need it: calls with answers over one socket, sessions "flat"
//! (<https://chromedevtools.github.io/devtools-protocol/>). Events are not listened to.

use std::{collections::HashMap, time::Duration};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    net::TcpStream,
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

/// How long a call may take.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
pub enum DevToolsError {
    /// The socket could not be opened.
    #[error("the browser's DevTools socket does not open: {0}")]
    Connect(String),
    /// The socket closed: the browser is gone.
    #[error("the browser is gone")]
    Gone,
    /// No answer came.
    #[error("the browser did not answer {method} within {} s", CALL_LIMIT.as_secs())]
    Silent {
        /// The call.
        method: &'static str,
    },
    /// The answer is an error.
    #[error("the browser refused {method}: {message}")]
    Refused {
        /// The call.
        method: &'static str,
        /// Its words.
        message: String,
    },
    /// A script in a page threw.
    #[error("a script failed in the page: {0}")]
    Script(String),
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A call on its way to the socket.
struct Call {
    text: Value,
    answer: oneshot::Sender<Value>,
}

/// A connected DevTools socket. Cheap to clone; it closes with the last clone.
#[derive(Debug, Clone)]
pub struct DevTools {
    calls: mpsc::Sender<Call>,
}

impl DevTools {
    /// Connects to a browser's socket, `ws://127.0.0.1:PORT/devtools/browser/ID`.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn connect(url: &str) -> Result<Self, DevToolsError> {
        let opened = timeout(CALL_LIMIT, connect_async(url)).await;
        let (socket, _) = opened
            .map_err(|_| DevToolsError::Connect("no answer".to_owned()))?
            .map_err(|error| DevToolsError::Connect(error.to_string()))?;
        let (calls, queue) = mpsc::channel(16);
        tokio::spawn(carry(socket, queue));
        Ok(Self { calls })
    }

    /// Calls a method, of the browser or of a session.
    ///
    /// # Errors
    /// When the browser refuses, is silent or is gone.
    pub async fn call(
        &self,
        session: Option<&str>,
        method: &'static str,
        params: Value,
    ) -> Result<Value, DevToolsError> {
        let mut text = json!({ "method": method, "params": params });
        if let Some(session) = session {
            text["sessionId"] = session.into();
        }
        let (answer, answered) = oneshot::channel();
        self.calls.send(Call { text, answer }).await.map_err(|_| DevToolsError::Gone)?;
        let mut reply = timeout(CALL_LIMIT, answered)
            .await
            .map_err(|_| DevToolsError::Silent { method })?
            .map_err(|_| DevToolsError::Gone)?;
        if let Some(error) = reply.get("error") {
            let message = error["message"].as_str().unwrap_or("no reason given").to_owned();
            return Err(DevToolsError::Refused { method, message });
        }
        Ok(reply["result"].take())
    }
}

/// Carries calls to the socket and answers back until either side ends.
async fn carry(mut socket: Socket, mut calls: mpsc::Receiver<Call>) {
    let mut waiting: HashMap<u64, oneshot::Sender<Value>> = HashMap::new();
    let mut last_id = 0;
    loop {
        tokio::select! {
            call = calls.recv() => {
                let Some(Call { mut text, answer }) = call else { break };
                last_id += 1;
                text["id"] = last_id.into();
                waiting.insert(last_id, answer);
                if socket.send(Message::text(text.to_string())).await.is_err() {
                    break;
                }
            }
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    let Ok(reply) = serde_json::from_str::<Value>(&text) else { continue };
                    let answer = reply["id"].as_u64().and_then(|id| waiting.remove(&id));
                    if let Some(answer) = answer {
                        // Whoever asked may have stopped waiting.
                        let _ = answer.send(reply);
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// A browser that answers each call by `answer`, and leaves where that says nothing.
    async fn browser(answer: fn(&Value) -> Option<Value>) -> DevTools {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
        let url = format!("ws://{}", listener.local_addr().expect("address"));
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("client");
            let mut socket = tokio_tungstenite::accept_async(stream).await.expect("handshake");
            while let Some(Ok(Message::Text(text))) = socket.next().await {
                let call: Value = serde_json::from_str(&text).expect("JSON");
                let Some(mut reply) = answer(&call) else { return };
                reply["id"] = call["id"].clone();
                let event = Message::text(json!({ "method": "Some.event" }).to_string());
                socket.send(event).await.expect("sent");
                socket.send(Message::text(reply.to_string())).await.expect("sent");
            }
        });
        DevTools::connect(&url).await.expect("connected")
    }

    #[tokio::test]
    async fn each_call_gets_its_own_answer() {
        let devtools = browser(|call| {
            Some(json!({ "result": { "of": call["method"], "in": call["sessionId"] } }))
        })
        .await;
        let (a, b) = tokio::join!(
            devtools.call(None, "Browser.getVersion", json!({})),
            devtools.call(Some("S1"), "Runtime.evaluate", json!({}))
        );
        assert_eq!(a.expect("answer"), json!({ "of": "Browser.getVersion", "in": null }));
        assert_eq!(b.expect("answer"), json!({ "of": "Runtime.evaluate", "in": "S1" }));
    }

    #[tokio::test]
    async fn a_refusal_names_the_call_and_the_reason() {
        let devtools = browser(|_| Some(json!({ "error": { "message": "no such target" } }))).await;
        let error = devtools.call(None, "Target.attachToTarget", json!({})).await;
        let words = error.expect_err("refused").to_string();
        assert_eq!(words, "the browser refused Target.attachToTarget: no such target");
    }

    #[tokio::test]
    async fn a_browser_that_dies_fails_the_call() {
        let devtools = browser(|_| None).await;
        let error = devtools.call(None, "Browser.getVersion", json!({})).await;
        assert!(matches!(error, Err(DevToolsError::Gone)), "{error:?}");
    }
}
