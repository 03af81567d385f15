//! N18: a seat's allowance is one, whatever asks, through however many lanes, before and after a
//! restart; a used-up quota rests alone.

use futures_util::future::join_all;
use http::{Method, StatusCode};
use serde_json::json;
use tabway::nodes::{JobOrder, NodeView};
use tabway_dialects::chat::FailureClass;
use tabway_protocol::{
    adapter::{Quota, QuotaKind},
    message::{GatewayMessage, NodeFailure, NodeFailureClass, NodeMessage, SeatState, Site},
};

use crate::support::{Gateway, Identity, Node, all, order, site};

#[tokio::test]
async fn n18_four_lanes_and_a_restart_do_not_add_to_a_seat_s_hour() {
    let gateway = Gateway::start().await;
    let hourly = || vec![site(0, 3)];
    gateway.app().nodes.set_sites(hourly());
    let (identity, code) = (Identity::new(), gateway.fleet(1).await);
    let mut node = Node::join(&gateway, &identity, Some(&code)).await.expect("in");
    gateway.offer(&mut node, 4).await;
    let turns = join_all((0..4).map(|_| gateway.turn("capped"))).await;
    assert_eq!(turns.iter().filter(|turn| turn.is_ok()).count(), 3, "four lanes, one allowance");
    drop((turns, node));

    let gateway = gateway.restart().await;
    gateway.app().nodes.set_sites(hourly());
    let mut node = Node::join(&gateway, &identity, None).await.expect("in again");
    gateway.offer(&mut node, 4).await;
    let refused = gateway.turn("after the restart").await.expect_err("its hour is used up");
    assert_eq!(refused.class, FailureClass::SiteRateLimited);
    assert!(refused.retry_after_ms.is_some_and(|ms| ms > 3_000_000), "{refused:?}");
    let path = format!("/api/seats/{}/page", node.id);
    let (_, body) = gateway.api(Method::GET, &path, "").await;
    assert_eq!(body["detail"]["started_in_hour"], 3);
}

/// The site with a quota of pictures.
fn with_quota() -> Site {
    let mut site = site(0, 0);
    site.adapter.limits.quotas = vec![Quota {
        kind: QuotaKind::Image,
        models: vec!["paint*".to_owned()],
        words: vec!["image limit".to_owned()],
    }];
    site
}

#[tokio::test]
async fn a_used_up_quota_of_pictures_leaves_text_alone() {
    let gateway = Gateway::start().await;
    gateway.app().nodes.set_sites(vec![with_quota()]);
    let code = gateway.fleet(1).await;
    let mut node = Node::join(&gateway, &Identity::new(), Some(&code)).await.expect("in");
    node.offer_models(1, &["words", "painter"]).await;
    gateway.until(|views| views.iter().any(|view| !view.seats.is_empty())).await;
    // A turn for text meets the limit of pictures: the page says which one it is.
    let turn = gateway.turn("draw me").await.expect("a lane");
    let job = node.job().await;
    node.say(&NodeMessage::Failed {
        job: job.job,
        last_seq: 0,
        accepted: true,
        failure: NodeFailure {
            class: NodeFailureClass::Quota,
            message: "a limit".to_owned(),
            locator: None,
            site_words: Some("You reached the Image Limit.".to_owned()),
        },
    })
    .await;
    all(turn).await;
    let of = |model: &str| JobOrder { model: model.to_owned(), ..order("again") };
    let nodes = &gateway.app().nodes;
    let refused = nodes.start(of("painter")).await.expect_err("rests");
    assert_eq!(refused.class, FailureClass::SiteQuota);
    assert!(refused.retry_after_ms.is_some_and(|ms| ms > 200_000), "{refused:?}");
    let _words = nodes.start(of("words")).await.expect("text goes on");

    let (_, body) = gateway.api(Method::GET, "/api/seats?site=page", "").await;
    let seat = &body["seats"][0];
    assert_eq!(seat["rests"][0]["quota"], "image");
    assert_eq!(seat["reasons"][0]["code"], "limited");
    assert_eq!(seat["health"], 85);
}

#[tokio::test]
async fn n18_quiet_hours_are_kept_and_said() {
    let gateway = Gateway::start().await;
    let mut quiet = site(0, 0);
    // All day but a minute, whenever the test runs.
    quiet.adapter.limits.quiet = vec!["00:00-12:00".to_owned(), "12:00-00:00".to_owned()];
    gateway.app().nodes.set_sites(vec![quiet]);
    let _node = gateway.browser(1).await;
    let refused = gateway.turn("psst").await.expect_err("quiet");
    assert_eq!(refused.class, FailureClass::SiteRateLimited);
    assert!(refused.message.contains("quiet hours"), "{refused:?}");
}

#[tokio::test]
async fn a_seat_s_health_says_what_is_wrong_and_the_healthier_one_is_asked_first() {
    let gateway = Gateway::start().await;
    let mut ill = gateway.browser(1).await;
    for _ in 0..2 {
        let turn = gateway.turn("x").await.expect("a lane");
        let job = ill.job().await;
        ill.say(&NodeMessage::Failed {
            job: job.job,
            last_seq: 0,
            accepted: true,
            failure: NodeFailure {
                class: NodeFailureClass::LaneLost,
                message: "gone".to_owned(),
                locator: None,
                site_words: None,
            },
        })
        .await;
        all(turn).await;
    }
    let turn = gateway.turn("slow").await.expect("a lane");
    ill.job().await;
    turn.too_slow();
    let mut well = gateway.browser(1).await;
    let path = format!("/api/seats/{}/page", ill.id);
    let (status, body) = gateway.api(Method::GET, &path, "").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["seat"]["health"], 45);
    let codes: Vec<_> = body["seat"]["reasons"].as_array().expect("a list").iter().collect();
    assert_eq!((&codes[0]["code"], &codes[0]["times"]), (&json!("lane_lost"), &json!(2)));
    assert_eq!(codes[1]["code"], "silent");
    drop(turn);
    let word = ill.next_word().await;
    let GatewayMessage::Cancel { job } = word else { panic!("{word:?} instead of a cancel") };
    ill.done(&job, 0, true).await;
    let idle = |view: &NodeView| view.seats[0].lanes[0].job.is_none();
    gateway.until(|views| views.iter().all(idle)).await;
    for _ in 0..3 {
        // Whichever was asked last: as long as the well one is free it is taken.
        let turn = gateway.turn("for the well one").await.expect("a lane");
        let job = well.job().await;
        well.done(&job.job, 0, false).await;
        all(turn).await;
    }
}

#[tokio::test]
async fn what_its_human_must_mend_costs_most_of_the_score() {
    let gateway = Gateway::start().await;
    let mut node = gateway.browser(1).await;
    node.seats(SeatState::SignedOut, 1, false).await;
    gateway.until(|views| views[0].seats[0].state == SeatState::SignedOut).await;
    let (_, status) = gateway.api(Method::GET, "/api/status", "").await;
    assert_eq!(status["seats"]["ready"], 0);
    let unwell = &status["unwell"][0];
    assert_eq!(
        (&unwell["health"], &unwell["reasons"][0]["code"]),
        (&json!(20), &json!("signed_out"))
    );
    assert!(unwell["reasons"][0]["advice"].as_str().is_some_and(|words| words.contains("sign in")));
    drop(node);
    gateway.until(|views| !views[0].connected).await;
    let (_, seats) = gateway.api(Method::GET, "/api/seats", "").await;
    assert_eq!(seats["seats"][0]["health"], 0);
}
