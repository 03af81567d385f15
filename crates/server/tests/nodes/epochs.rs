//! N5: the newest proven socket of a node wins, and closing the old one never harms it.

use crate::support::{Gateway, Identity, Node, all, texts};

#[tokio::test]
async fn n5_a_newer_socket_takes_over_and_the_old_one_cannot_harm_it() {
    let gateway = Gateway::start().await;
    let (identity, code) = (Identity::new(), gateway.fleet(1).await);
    let mut old = Node::join(&gateway, &identity, Some(&code)).await.expect("in");
    gateway.offer(&mut old, 1).await;
    let mut new = Node::join(&gateway, &identity, None).await.expect("in");
    assert!(new.epoch > old.epoch);
    assert_eq!(old.closed().await, 4409);
    drop(old);
    gateway.offer(&mut new, 1).await;
    let turn = gateway.turn("hello").await.expect("a lane");
    let job = new.job().await;
    new.accept(&job.job).await;
    new.frame(&job.job, 1, "hi").await;
    new.done(&job.job, 1, false).await;
    assert_eq!(texts(&all(turn).await), ["hi"]);
    let views = gateway.app().nodes.nodes();
    assert_eq!((views.len(), views[0].connected), (1, true));
}

#[tokio::test]
async fn n5_a_turn_of_the_old_socket_goes_on_over_the_new_one() {
    let gateway = Gateway::start().await;
    let (identity, code) = (Identity::new(), gateway.fleet(1).await);
    let mut old = Node::join(&gateway, &identity, Some(&code)).await.expect("in");
    gateway.offer(&mut old, 1).await;
    let turn = gateway.turn("hello").await.expect("a lane");
    let job = old.job().await.job;
    old.accept(&job).await;
    old.frame(&job, 1, "one").await;
    let mut new = Node::join(&gateway, &identity, None).await.expect("in");
    // Whatever the old one still says counts no more.
    old.frame(&job, 2, "stale").await;
    let from = new.resume(&job, true, 2).await.expect("still wanted");
    assert!(from <= 1);
    for (seq, text) in [(1, "one"), (2, "two")].into_iter().filter(|(seq, _)| *seq > from) {
        new.frame(&job, seq, text).await;
    }
    new.done(&job, 2, false).await;
    assert_eq!(texts(&all(turn).await), ["one", "two"]);
}
