//! One tab: opened, looked at, typed into, waited for.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{BrowserError, DevTools, DevToolsError};

/// How often a condition is looked at while it is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A tab that we opened.
#[derive(Debug)]
pub struct Page {
    devtools: DevTools,
    session: String,
    target: String,
    url: String,
}

impl Page {
    /// Opens a tab.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn open(devtools: &DevTools, url: &str) -> Result<Self, BrowserError> {
        let created = devtools.call(None, "Target.createTarget", json!({ "url": url })).await?;
        let target = text(&created["targetId"]);
        let params = json!({ "targetId": target, "flatten": true });
        let attached = devtools.call(None, "Target.attachToTarget", params).await?;
        let session = text(&attached["sessionId"]);
        Ok(Self { devtools: devtools.clone(), session, target, url: url.to_owned() })
    }

    /// The value of a JavaScript expression in the page; a promise is awaited.
    ///
    /// # Errors
    /// When it throws.
    pub async fn evaluate(&self, expression: &str) -> Result<Value, BrowserError> {
        let params =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut reply = self.call("Runtime.evaluate", params).await?;
        if let Some(exception) = reply.get("exceptionDetails") {
            let words = exception["exception"]["description"].as_str();
            let words = words.or_else(|| exception["text"].as_str()).unwrap_or("no reason given");
            return Err(DevToolsError::Script(words.to_owned()).into());
        }
        Ok(reply["result"]["value"].take())
    }

    /// Waits until an expression gives something that is true, and returns it. `what` names it in
    /// the error.
    ///
    /// # Errors
    /// When it does not within `limit`.
    pub async fn wait_for(
        &self,
        what: &str,
        expression: &str,
        limit: Duration,
    ) -> Result<Value, BrowserError> {
        let deadline = Instant::now() + limit;
        let mut looks = interval(LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            // A page that is just loading may throw away the script; the next look will tell.
            match self.evaluate(expression).await {
                Ok(value) if is_true(&value) => return Ok(value),
                Err(BrowserError::DevTools(DevToolsError::Gone)) => {
                    return Err(DevToolsError::Gone.into());
                }
                _ if Instant::now() >= deadline => {
                    return Err(BrowserError::Waited {
                        url: self.url.clone(),
                        what: what.to_owned(),
                        seconds: limit.as_secs(),
                    });
                }
                _ => {}
            }
        }
    }

    /// Types text into the field that a CSS selector finds, in place of what it held.
    ///
    /// # Errors
    /// When there is no such field.
    pub async fn type_into(&self, selector: &str, words: &str) -> Result<(), BrowserError> {
        let field = json!(selector);
        let select = format!(
            "(() => {{ const f = document.querySelector({field}); f.focus(); f.select(); }})()"
        );
        self.evaluate(&select).await?;
        self.call("Input.insertText", json!({ "text": words })).await?;
        Ok(())
    }

    /// Clicks the element that a CSS selector finds.
    ///
    /// # Errors
    /// When there is none.
    pub async fn click(&self, selector: &str) -> Result<(), BrowserError> {
        self.evaluate(&format!("document.querySelector({}).click()", json!(selector))).await?;
        Ok(())
    }

    /// Brings the tab to the front.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn activate(&self) -> Result<(), BrowserError> {
        let params = json!({ "targetId": self.target });
        self.devtools.call(None, "Target.activateTarget", params).await?;
        Ok(())
    }

    /// Closes the tab.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn close(self) -> Result<(), BrowserError> {
        let params = json!({ "targetId": self.target });
        self.devtools.call(None, "Target.closeTarget", params).await?;
        Ok(())
    }

    async fn call(&self, method: &'static str, params: Value) -> Result<Value, DevToolsError> {
        self.devtools.call(Some(&self.session), method, params).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What JavaScript calls true, as far as JSON goes.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}
