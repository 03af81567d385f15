//! Alerts end to end: what goes wrong is told once to every channel, and once more when it is over.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    support::{
        Gateway, Reply,
        receivers::{Hook, Mailbox, proxy},
    },
    v1::chat::{CANARY, ask, mock},
};

/// What channels must show to nobody.
const SECRETS: [&str; 3] = ["canary-hook-1", "canary-bot-2", "canary-mail-3"];

async fn admin(gateway: &Gateway, method: Method, path: &str, body: &str) -> Reply {
    let token = format!("Bearer {}", gateway.running.app.admin_token.expose());
    let reply = gateway.send(method, path, &[("authorization", &token)], body).await;
    for secret in SECRETS {
        assert!(!reply.text().contains(secret), "{}", reply.text());
    }
    reply
}

/// A model that nobody serves, and rules that are looked at at once.
const BROKEN: &str = "discover = false\n\
    [[providers]]\nname = \"gone\"\nbase_url = \"http://127.0.0.1:9/v1\"\n\
    [[providers.accounts]]\nname = \"main\"\nsecret = \"x\"\n\
    [[models]]\nname = \"broken\"\ntargets = [{ provider = \"gone\", model = \"m\" }]\n\
    [alerts]\nevery = \"20ms\"\nafter = \"20ms\"\n";

async fn fail(gateway: &Gateway, times: usize) {
    let mut body = ask("hello");
    body["model"] = json!("broken");
    for _ in 0..times {
        assert!(gateway.chat(&body).await.status.is_server_error());
    }
}

/// Channels of every kind.
struct All {
    webhook: Hook,
    ntfy: Hook,
    telegram: Hook,
    mail: Mailbox,
}

impl All {
    async fn start() -> Self {
        Self {
            webhook: Hook::start(StatusCode::OK).await,
            ntfy: Hook::start(StatusCode::OK).await,
            telegram: Hook::start(StatusCode::OK).await,
            mail: Mailbox::start().await,
        }
    }

    fn config(&self) -> String {
        let [hook, bot, word] = SECRETS;
        let (webhook, ntfy, telegram) =
            (&self.webhook.address, &self.ntfy.address, &self.telegram.address);
        let port = self.mail.port;
        format!(
            "webhook = \"{webhook}/hook\"\nsecret = \"{hook}\"\n\
             [[alerts.channels]]\nkind = \"ntfy\"\nurl = \"{ntfy}/my-topic\"\nsecret = \"{hook}\"\n\
             [[alerts.channels]]\nkind = \"telegram\"\nurl = \"{telegram}\"\nsecret = \"{bot}\"\n\
             chat = \"77\"\n\
             [[alerts.channels]]\nkind = \"email\"\nserver = \"127.0.0.1\"\nport = {port}\n\
             tls = \"none\"\nuser = \"me\"\nsecret = \"{word}\"\nfrom = \"tabway@here.example\"\n\
             to = [\"owner@there.example\"]\n"
        )
    }
}

#[tokio::test]
async fn a_share_of_errors_is_told_to_every_channel_once_and_its_end_too() {
    let mut all = All::start().await;
    let mock = mock().await;
    let config = format!(
        "{BROKEN}{}[alerts.rules]\nmin_requests = 4\n\
         [[providers]]\nname = \"mock\"\nbase_url = \"{}\"\n[[providers.accounts]]\n\
         name = \"main\"\nsecret = \"{CANARY}\"\n[[models]]\nname = \"mock-model\"\n\
         targets = [{{ provider = \"mock\", model = \"mock-model\" }}]\n",
        all.config(),
        mock.base_url()
    );
    let gateway = Gateway::start(&config).await;
    fail(&gateway, 4).await;

    let told = all.webhook.next().await;
    assert_eq!(told.path, "/hook");
    assert_eq!(told.header("authorization"), format!("Bearer {}", SECRETS[0]));
    let told = told.json();
    assert_eq!((&told["event"], &told["rule"]), (&json!("alert.raised"), &json!("error_rate")));
    assert_eq!(told["severity"], "critical");
    assert_eq!(
        told["text"],
        "4 of 4 requests of the last 5 minutes failed. `tabway logs` shows which and why."
    );
    let ntfy = all.ntfy.next().await;
    assert_eq!(ntfy.path, "/my-topic");
    assert_eq!((ntfy.header("priority"), ntfy.header("tags")), ("5", "rotating_light"));
    assert_eq!(ntfy.header("title"), "Tabway: alert.raised");
    assert_eq!(ntfy.text(), told["text"]);
    let telegram = all.telegram.next().await;
    assert_eq!(telegram.path, format!("/bot{}/sendMessage", SECRETS[1]));
    let telegram = telegram.json();
    assert_eq!(
        (&telegram["chat_id"], &telegram["disable_notification"]),
        (&json!("77"), &json!(false))
    );
    assert!(telegram["text"].as_str().is_some_and(|text| text.contains("4 of 4 requests")));
    let mail = all.mail.next().await;
    assert!(mail.contains("AUTH PLAIN"), "{mail}");
    assert!(mail.contains("RCPT TO:<owner@there.example>"), "{mail}");
    assert!(mail.contains("Subject: Tabway: critical: 4 of 4 requests"), "{mail}");

    let listed = admin(&gateway, Method::GET, "/api/alerts", "").await.json();
    assert_eq!(listed["active"][0]["rule"], "error_rate");
    assert_eq!(listed["channels"].as_array().map(Vec::len), Some(4));
    let metrics = gateway.get("/metrics").await.text();
    assert!(metrics.contains("tabway_alerts_active{rule=\"error_rate\"} 1"), "{metrics}");

    // Of what goes on nothing more is told; with enough that goes well it is over.
    fail(&gateway, 1).await;
    for _ in 0..60 {
        assert_eq!(gateway.chat(&ask("hello")).await.status, 200);
    }
    let told = all.webhook.next().await.json();
    assert_eq!((&told["event"], &told["rule"]), (&json!("alert.cleared"), &json!("error_rate")));
    assert_eq!(all.ntfy.next().await.header("tags"), "white_check_mark");
    assert!(all.mail.next().await.contains("Over: "));
    let listed = admin(&gateway, Method::GET, "/api/alerts", "").await.json();
    assert_eq!(listed["active"], json!([]));
    assert_eq!(listed["last"][0]["event"], "alert.cleared");
}

#[tokio::test]
async fn a_test_says_of_each_channel_whether_it_took_the_message() {
    let mut all = All::start().await;
    let mut deaf = Hook::start(StatusCode::FORBIDDEN).await;
    let more = format!(
        "[[alerts.channels]]\nname = \"deaf\"\nkind = \"webhook\"\nurl = \"{}/{}\"\n",
        deaf.address, SECRETS[0]
    );
    let gateway = Gateway::start(&format!("{BROKEN}{}{more}", all.config())).await;
    let tried = admin(&gateway, Method::POST, "/api/alerts/test", "").await.json();
    let tried: Vec<(&str, bool)> = tried["tried"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["channel"].as_str().unwrap_or_default(), one["ok"] == true))
        .collect();
    let wanted =
        [("webhook", true), ("ntfy", true), ("telegram", true), ("email", true), ("deaf", false)];
    assert_eq!(tried, wanted);
    assert_eq!(all.webhook.next().await.json()["event"], "alerts.test");
    assert_eq!(all.ntfy.next().await.header("priority"), "2");
    assert_eq!(all.telegram.next().await.json()["disable_notification"], true);
    assert!(all.mail.next().await.contains("messages arrive here"));
    deaf.next().await;

    let body = json!({ "channel": "deaf" }).to_string();
    let tried = admin(&gateway, Method::POST, "/api/alerts/test", &body).await.json();
    assert_eq!(tried["tried"][0]["problem"], "it answered 403 Forbidden");
    let body = json!({ "channel": "nobody" }).to_string();
    let reply = admin(&gateway, Method::POST, "/api/alerts/test", &body).await;
    assert_eq!((reply.status, reply.code()), (StatusCode::NOT_FOUND, "not_found".to_owned()));
    let channels = admin(&gateway, Method::GET, "/api/alerts", "").await.json();
    assert_eq!(channels["channels"][4]["delivery"]["lost"], 2);
}

fn reload(gateway: &Gateway, config: &str) {
    std::fs::write(gateway.folder.path().join("tabway.toml"), config).expect("written");
    gateway.running.reload().expect("a good file");
}

#[tokio::test]
async fn quiet_hours_hold_what_is_not_critical_and_tell_it_together_at_their_end() {
    let mut hook = Hook::start(StatusCode::OK).await;
    let base = format!("{BROKEN}webhook = \"{}/hook\"\n", hook.address);
    // All of the day.
    let quiet = "quiet = [\"00:00-12:00\", \"12:00-00:00\"]\ntime_zone = \"Europe/Berlin\"\n";
    let gateway = Gateway::start(&format!("{base}{quiet}[alerts.rules]\nmin_requests = 4\n")).await;
    // An account whose credential is refused is a warning: it waits.
    let refusing = mock().await;
    let config = format!(
        "{base}{quiet}[alerts.rules]\nmin_requests = 4\n[[providers]]\nname = \"mock\"\n\
         base_url = \"{}\"\n[[providers.accounts]]\nname = \"old\"\nsecret = \"wrong\"\n\
         [[models]]\nname = \"refused\"\ntargets = [{{ provider = \"mock\", model = \"m\" }}]\n",
        refusing.base_url()
    );
    reload(&gateway, &config);
    let mut body = ask("hello");
    body["model"] = json!("refused");
    assert!(gateway.chat(&body).await.status.is_server_error());
    wait_for(&gateway, "account.out").await;
    // That everything fails is critical: it passes.
    fail(&gateway, 4).await;
    let told = hook.next().await.json();
    assert_eq!((&told["rule"], &told["severity"]), (&json!("error_rate"), &json!("critical")));
    assert!(hook.heard.try_recv().is_err(), "the rest is held");
    let listed = admin(&gateway, Method::GET, "/api/alerts", "").await.json();
    assert_eq!(
        (&listed["quiet"], listed["active"].as_array().map(Vec::len)),
        (&json!(true), Some(2))
    );

    reload(&gateway, &config.replace(quiet, ""));
    let told = hook.next().await.json();
    assert_eq!((&told["event"], &told["severity"]), (&json!("alerts.held"), &json!("warning")));
    let held = told["held"].as_array().expect("a list");
    assert_eq!(held.len(), 1, "{told}");
    assert!(held[0].as_str().is_some_and(|text| text.starts_with("mock#old: the upstream")));
}

async fn wait_for(gateway: &Gateway, event: &str) {
    let found = async {
        loop {
            let listed = admin(gateway, Method::GET, "/api/alerts", "").await.json();
            let is_it = |one: &Value| one["event"] == event;
            if listed["last"].as_array().is_some_and(|last| last.iter().any(is_it)) {
                return;
            }
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, found).await.expect(event);
}

#[tokio::test]
async fn channels_hear_what_matters_enough_to_them_and_rules_can_be_off() {
    let mut hook = Hook::start(StatusCode::OK).await;
    let channel = |name, min| {
        format!(
            "[[alerts.channels]]\nname = \"{name}\"\nkind = \"webhook\"\nurl = \"{}/{name}\"\n\
             min_severity = \"{min}\"\n",
            hook.address
        )
    };
    let channels = channel("all", "info") + &channel("urgent", "critical");
    let refusing = mock().await;
    let provider = format!(
        "[[providers]]\nname = \"mock\"\nbase_url = \"{}\"\n[[providers.accounts]]\nname = \"old\"\n\
         secret = \"wrong\"\n[[models]]\nname = \"refused\"\n\
         targets = [{{ provider = \"mock\", model = \"m\" }}]\n",
        refusing.base_url()
    );
    let off = "[alerts.rules]\nmin_requests = 4\noff = [\"error_rate\"]\n";
    let gateway = Gateway::start(&format!("{BROKEN}{channels}{off}{provider}")).await;
    fail(&gateway, 8).await;
    let mut body = ask("hello");
    body["model"] = json!("refused");
    assert!(gateway.chat(&body).await.status.is_server_error());
    let told = hook.next().await;
    assert_eq!((told.path.as_str(), &told.json()["event"]), ("/all", &json!("account.out")));
    assert!(hook.heard.try_recv().is_err());
}

#[tokio::test]
async fn a_webhook_goes_through_the_proxy_that_is_configured() {
    let (port, served) = proxy().await;
    let config = format!(
        "proxy = \"http://127.0.0.1:{port}\"\n{BROKEN}webhook = \"http://hooks.example/h\"\n"
    );
    let gateway = Gateway::start(&config).await;
    let tried = admin(&gateway, Method::POST, "/api/alerts/test", "{}").await.json();
    assert_eq!(tried["tried"][0]["ok"], true, "{tried}");
    let (asked, came) = served.await.expect("served");
    assert!(asked.starts_with("CONNECT hooks.example:80 "), "{asked}");
    assert!(came.starts_with("POST /h HTTP/1.1\r\n"), "{came}");
}
