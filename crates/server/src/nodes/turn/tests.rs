use proptest::prelude::*;

use super::*;

const EPOCH: u64 = 7;

/// A turn that its node does not know yet.
fn fresh() -> (Turn, Instant) {
    let now = Instant::now();
    let later = now + Duration::from_secs(3_600);
    (Turn::new(EPOCH, now + Duration::from_secs(30), later), now)
}

fn turn() -> (Turn, Instant) {
    let (mut turn, now) = fresh();
    turn.give();
    (turn, now)
}

fn text(seq: u32) -> PageRecord {
    PageRecord::Message { stream: 0, text: seq.to_string() }
}

fn taken(turn: &mut Turn) -> Vec<JobEvent> {
    let mut events = Vec::new();
    while let Some(event) = turn.take() {
        let last = matches!(event, JobEvent::Done { .. } | JobEvent::Failed { .. });
        events.push(event);
        if last {
            break;
        }
    }
    events
}

#[test]
fn n6_records_come_once_and_in_order() {
    let (mut turn, now) = turn();
    turn.accept(EPOCH);
    assert_eq!(turn.record(EPOCH, 1, (text(1), false), now), Came::Taken);
    assert_eq!(turn.record(EPOCH, 1, (text(1), false), now), Came::Ignored);
    assert_eq!(turn.record(EPOCH, 3, (text(3), false), now), Came::Ask(1));
    assert_eq!(turn.record(EPOCH, 4, (text(4), false), now), Came::Ignored, "it was under way");
    assert_eq!(turn.record(EPOCH, 2, (text(2), false), now), Came::Taken);
    assert_eq!(turn.record(EPOCH, 3, (text(3), false), now), Came::Taken);
    assert_eq!(turn.done(EPOCH, 4, false, now), Came::Ask(3));
    assert_eq!(turn.record(EPOCH, 4, (text(4), false), now), Came::Taken);
    let mut expected = vec![JobEvent::Accepted];
    expected.extend((1..=4).map(|seq| JobEvent::Record(text(seq))));
    expected.push(JobEvent::Done { cancelled: false });
    assert_eq!(taken(&mut turn), expected);
}

#[test]
fn a_record_in_parts_is_taken_whole() {
    let (mut turn, now) = turn();
    let said = |text: &str| PageRecord::Message { stream: 0, text: text.to_owned() };
    turn.record(EPOCH, 1, (said("one "), true), now);
    assert_eq!(turn.take(), None, "its end is yet to come");
    turn.record(EPOCH, 2, (said("and "), true), now);
    turn.record(EPOCH, 3, (said("whole"), false), now);
    turn.record(EPOCH, 4, (said("next"), false), now);
    assert_eq!(turn.take(), Some(JobEvent::Record(said("one and whole"))));
    assert_eq!(turn.take(), Some(JobEvent::Record(said("next"))));
    turn.unacked_bytes = ACK_BYTES;
    assert_eq!(turn.ack_due(), Some(4), "parts are acknowledged one by one");
}

#[test]
fn a_record_of_parts_without_end_or_of_several_makes_is_over() {
    let (mut turn, now) = turn();
    let part = || PageRecord::Message { stream: 0, text: "x".repeat(1 << 20) };
    let came: Vec<Came> = (1..=11)
        .map(|seq| {
            let came = turn.record(EPOCH, seq, (part(), true), now);
            turn.take();
            came
        })
        .collect();
    assert_eq!((came[9], came[10]), (Came::Taken, Came::Over));

    let (mut turn, now) = self::turn();
    turn.record(EPOCH, 1, (text(1), true), now);
    turn.record(EPOCH, 2, (PageRecord::Closed { stream: 0, failed: false }, false), now);
    let end = taken(&mut turn).pop();
    assert!(matches!(end, Some(JobEvent::Failed { .. })), "{end:?}");
}

#[test]
fn n6_an_answer_with_holes_is_asked_for_a_few_times_and_then_given_up() {
    let (mut turn, now) = turn();
    turn.accept(EPOCH);
    assert_eq!(turn.record(EPOCH, 2, (text(2), false), now), Came::Ask(0));
    assert_eq!(turn.record(EPOCH, 2, (text(2), false), now), Came::Ask(0));
    assert_eq!(turn.record(EPOCH, 2, (text(2), false), now), Came::Ask(0));
    assert_eq!(turn.record(EPOCH, 2, (text(2), false), now), Came::Ignored);
    assert_eq!(turn.deadline(), now + GAP_PATIENCE);
    assert!(turn.expire(now + GAP_PATIENCE));
    let Some(End::Failed { failure, accepted: true }) = turn.end() else { panic!("failed") };
    assert_eq!(failure.class, FailureClass::OutcomeUnknown);
}

#[test]
fn n4_a_lost_socket_is_waited_for() {
    for accepted in [false, true] {
        let (mut turn, now) = turn();
        if accepted {
            turn.accept(EPOCH);
        }
        turn.lose(EPOCH, now);
        let grace = now + Duration::from_secs(GRACE_SECONDS);
        assert!(!turn.expire(grace - Duration::from_millis(1)));
        assert!(turn.expire(grace));
        let Some(End::Failed { failure, accepted: true }) = turn.end() else { panic!("failed") };
        // Its last word may be what was lost.
        assert_eq!(failure.class, FailureClass::OutcomeUnknown);
    }
}

#[test]
fn a_turn_that_the_node_was_not_told_of_is_free_at_once() {
    let (mut turn, now) = fresh();
    turn.lose(EPOCH, now);
    let Some(End::Failed { failure, accepted: false }) = turn.end() else { panic!("failed") };
    assert_eq!(failure.class, FailureClass::NodeLost);
}

#[test]
fn n4_a_node_that_comes_back_goes_on_where_it_was() {
    let (mut turn, now) = turn();
    turn.record(EPOCH, 1, (text(1), false), now);
    turn.lose(EPOCH, now);
    assert_eq!(
        turn.record(EPOCH, 2, (text(2), false), now),
        Came::Ignored,
        "the old socket is gone"
    );
    assert_eq!(turn.resume(EPOCH + 1, true), Some(1));
    assert!(turn.is_accepted());
    assert_eq!(turn.record(EPOCH, 2, (text(2), false), now), Came::Ignored, "an older socket");
    assert_eq!(turn.record(EPOCH + 1, 2, (text(2), false), now), Came::Taken);
    assert!(!turn.expire(now + Duration::from_secs(GRACE_SECONDS * 2)));
}

#[test]
fn a_page_that_takes_no_prompt_is_given_up() {
    for (given, expected) in
        [(false, FailureClass::PageNotStarted), (true, FailureClass::OutcomeUnknown)]
    {
        let (mut turn, now) = if given { turn() } else { fresh() };
        assert_eq!(turn.deadline(), now + Duration::from_secs(30));
        assert!(turn.expire(turn.deadline()));
        let Some(End::Failed { failure, accepted }) = turn.end() else { panic!("failed") };
        assert_eq!((failure.class, *accepted), (expected, given));
    }
}

#[test]
fn n10_too_much_is_too_much() {
    let big = |stream| PageRecord::Bytes { stream, bytes: vec![b'x'; 256 * 1024].into() };
    let (mut turn, now) = turn();
    let mut seq = 0;
    let came = loop {
        seq += 1;
        let came = turn.record(EPOCH, seq, (big(0), false), now);
        // A client that reads: only the sum counts.
        turn.take();
        if came != Came::Taken {
            break came;
        }
    };
    assert_eq!((came, seq), (Came::Over, 401));

    let (mut turn, now) = self::turn();
    let came =
        (1..).map(|seq| turn.record(EPOCH, seq, (big(0), false), now)).find(|c| *c != Came::Taken);
    assert_eq!(came, Some(Came::Over), "a client that does not read");
    assert!(turn.last() < 130);

    let (mut turn, now) = self::turn();
    turn.unheard();
    for seq in 1..=MAX_RECORDS {
        turn.record(EPOCH, seq, (PageRecord::Closed { stream: 0, failed: false }, false), now);
    }
    assert!(turn.end().is_none());
    let one_more = PageRecord::Closed { stream: 0, failed: false };
    assert_eq!(turn.record(EPOCH, MAX_RECORDS + 1, (one_more, false), now), Came::Over);
}

/// N2: its socket died with its machine; what the machine still holds is for nobody.
#[test]
fn n2_what_wakes_after_ten_minutes_is_told_to_stop() {
    let (mut turn, now) = turn();
    turn.accept(EPOCH);
    turn.record(EPOCH, 1, (text(1), false), now);
    turn.lose(EPOCH, now);
    let later = now + Duration::from_secs(600);
    assert!(turn.expire(later));
    assert_eq!(turn.resume(EPOCH + 1, true), None);
    assert_eq!(turn.record(EPOCH + 1, 2, (text(2), false), later), Came::Ignored);
    assert_eq!(turn.done(EPOCH + 1, 2, false, later), Came::Ignored);
    let events = taken(&mut turn);
    let Some(JobEvent::Failed { failure, accepted: true }) = events.last() else {
        panic!("{events:?}")
    };
    assert_eq!(failure.class, FailureClass::OutcomeUnknown);
    assert_eq!(events.len(), 3, "accepted, the one record, the end");
}

#[test]
fn n6_a_record_that_comes_thirty_seconds_late_is_delivered() {
    let (mut turn, now) = turn();
    turn.accept(EPOCH);
    turn.record(EPOCH, 1, (text(1), false), now);
    let late = now + Duration::from_secs(30);
    assert!(!turn.expire(late), "nothing is missing: the page may think");
    assert_eq!(turn.record(EPOCH, 2, (text(2), false), late), Came::Taken);
    assert_eq!(turn.done(EPOCH, 2, false, late + Duration::from_secs(30)), Came::Taken);
    assert_eq!(taken(&mut turn).len(), 4);
}

/// N10: a delta each second for two hours, and no end.
#[test]
fn n10_an_answer_may_not_last_for_hours() {
    let (mut turn, now) = turn();
    turn.accept(EPOCH);
    let ended = (1..=7_200).find(|&second| {
        let now = now + Duration::from_secs(u64::from(second));
        turn.record(EPOCH, second, (text(second), false), now);
        turn.take();
        turn.expire(now)
    });
    assert_eq!(ended, Some(3_600), "the turn's own total");
    let Some(End::Failed { failure, .. }) = turn.end() else { panic!("failed") };
    assert_eq!(failure.class, FailureClass::TotalTimeout);
}

#[test]
fn acknowledgements_are_few() {
    let (mut turn, now) = turn();
    let mut acks = Vec::new();
    for seq in 1..=100 {
        turn.record(EPOCH, seq, (text(seq), false), now);
        turn.take();
        acks.extend(turn.ack_due());
    }
    assert_eq!(acks, [32, 64, 96]);
}

/// What may happen between a node and a turn.
#[derive(Debug, Clone)]
enum Step {
    /// The network hands over one of the messages under way, from the front or from further back.
    Deliver(usize),
    /// It does so twice.
    Twice,
    /// It loses one.
    Drop,
    /// The socket breaks and all that was under way with it; the node comes back.
    Break,
    /// The client takes one event.
    Take,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..3_usize).prop_map(Step::Deliver),
        1 => Just(Step::Twice),
        1 => Just(Step::Drop),
        1 => Just(Step::Break),
        4 => Just(Step::Take),
    ]
}

/// A node as the protocol has it: it keeps what it made, and sends again from where it is told.
struct Node {
    made: u32,
    epoch: u64,
    under_way: VecDeque<u32>,
}

impl Node {
    fn send_from(&mut self, seq: u32) {
        self.under_way.extend(seq + 1..=self.made);
        // The end of the answer goes behind it.
        self.under_way.push_back(u32::MAX);
    }

    fn deliver(&mut self, turn: &mut Turn, seq: u32, now: Instant) {
        let came = match seq {
            u32::MAX => turn.done(self.epoch, self.made, false, now),
            seq => turn.record(self.epoch, seq, (text(seq), false), now),
        };
        if let Came::Ask(from) = came {
            self.send_from(from);
        }
    }
}

proptest! {
    /// N4, N6: whatever the network does, the client reads the answer whole, once, in order; or,
    /// where the network never lets it through, a prefix of it.
    #[test]
    fn n4_n6_the_answer_is_whole_whatever_the_network_does(made in 0_u32..40, steps in prop::collection::vec(step(), 0..400)) {
        let (mut turn, now) = turn();
        let mut node = Node { made, epoch: EPOCH, under_way: VecDeque::new() };
        turn.accept(EPOCH);
        node.send_from(0);
        let mut events = Vec::new();
        for step in steps {
            match step {
                Step::Deliver(at) => {
                    let at = at.min(node.under_way.len().saturating_sub(1));
                    if let Some(seq) = node.under_way.remove(at) {
                        node.deliver(&mut turn, seq, now);
                    }
                }
                Step::Twice => if let Some(seq) = node.under_way.front().copied() {
                    node.deliver(&mut turn, seq, now);
                },
                Step::Drop => { node.under_way.pop_front(); }
                Step::Break => {
                    turn.lose(node.epoch, now);
                    node.epoch += 1;
                    node.under_way.clear();
                    if let Some(from) = turn.resume(node.epoch, true) {
                        node.send_from(from);
                    }
                }
                Step::Take => if turn.end().is_none() { events.extend(turn.take()) },
            }
        }
        // The network heals: the socket is opened anew and nothing more is lost.
        turn.lose(node.epoch, now);
        node.epoch += 1;
        node.under_way.clear();
        if let Some(from) = turn.resume(node.epoch, true) {
            node.send_from(from);
        }
        while let Some(seq) = node.under_way.pop_front() {
            node.deliver(&mut turn, seq, now);
        }
        events.extend(taken(&mut turn));
        let mut expected = vec![JobEvent::Accepted];
        expected.extend((1..=made).map(|seq| JobEvent::Record(text(seq))));
        expected.push(JobEvent::Done { cancelled: false });
        prop_assert_eq!(events, expected);
    }

    /// N17: cancel, finish, failure, loss and deadlines in any order leave one end that stays.
    #[test]
    fn n17_there_is_one_end(words in prop::collection::vec(0_u8..9, 1..30)) {
        let (mut turn, mut now) = turn();
        let mut epoch = EPOCH;
        let mut end: Option<End> = None;
        for word in words {
            match word {
                0 => turn.accept(epoch),
                1 => { turn.record(epoch, turn.last() + 1, (text(1), false), now); }
                2 => { turn.done(epoch, turn.last(), false, now); }
                3 => { turn.done(epoch, turn.last() + 1, true, now); }
                4 => {
                    let failure = Failure::new(FailureClass::PageError, "x");
                    turn.failed(epoch, 0, failure, false, now);
                }
                5 => turn.fail(Failure::new(FailureClass::ClientGone, "x")),
                6 => turn.lose(epoch, now),
                7 => { epoch += 1; turn.resume(epoch, false); }
                _ => { now += Duration::from_secs(20); turn.expire(now); }
            }
            if let Some(end) = &end {
                prop_assert_eq!(turn.end(), Some(end));
            }
            end = turn.end().cloned();
        }
        // Time ends what nothing else has ended.
        now += Duration::from_secs(7_200);
        turn.expire(now);
        prop_assert!(turn.end().is_some());
        let ends = taken(&mut turn).into_iter();
        let ends = ends.filter(|e| matches!(e, JobEvent::Done { .. } | JobEvent::Failed { .. }));
        prop_assert_eq!(ends.count(), 1);
    }
}
