//! N14: many browsers come back at once after a restart, each to its own pairing.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;

use crate::support::{Gateway, Identity, Node, PATIENCE, all};

#[tokio::test]
async fn n14_all_come_back_after_a_restart_and_serve() {
    const NODES: usize = 80;
    let gateway = Gateway::start().await;
    let code = gateway.fleet(u32::try_from(NODES).expect("few")).await;
    let identities: Vec<Identity> = (0..NODES).map(|_| Identity::new()).collect();
    let join = |code: Option<String>, gateway: Arc<Gateway>| {
        let joins: Vec<_> = identities
            .iter()
            .map(|identity| {
                let (code, gateway) = (code.clone(), gateway.clone());
                async move { Node::join(&gateway, identity, code.as_deref()).await.expect("in") }
            })
            .collect();
        async move { tokio::time::timeout(PATIENCE, join_all(joins)).await.expect("all are in") }
    };
    let gateway = Arc::new(gateway);
    let first: Vec<String> =
        join(Some(code), gateway.clone()).await.iter().map(|node| node.id.clone()).collect();
    let gateway = Arc::into_inner(gateway).expect("nobody else has it").restart().await;
    let gateway = Arc::new(gateway);
    let mut nodes = join(None, gateway.clone()).await;
    let again: Vec<String> = nodes.iter().map(|node| node.id.clone()).collect();
    assert_eq!(first, again, "each keeps its id");
    for node in &mut nodes {
        node.offer(4).await;
    }
    gateway
        .until(|views| views.iter().filter(|view| !view.seats.is_empty()).count() == NODES)
        .await;
    // As many turns as there are browsers: each gets one, for none is asked twice before the rest.
    let turns = join_all((0..NODES).map(|at| {
        let gateway = gateway.clone();
        async move { gateway.turn(&format!("turn {at}")).await.expect("a lane") }
    }))
    .await;
    for node in &mut nodes {
        let job = node.job().await;
        node.done(&job.job, 0, false).await;
    }
    for turn in turns {
        tokio::time::timeout(Duration::from_secs(30), all(turn)).await.expect("it ends");
    }
}
