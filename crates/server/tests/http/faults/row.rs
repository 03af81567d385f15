//! Faults that one request alone does not show, and those of clients, as the table has them.

/// A row of the table. Its test runs both forms.
pub struct Row {
    /// `U17`
    pub row: &'static str,
    /// What goes wrong.
    pub fault: &'static str,
    /// What is seen of a buffered answer.
    pub whole: &'static str,
    /// What is seen of a streamed one.
    pub stream: &'static str,
    /// Whether another target takes over.
    pub over: &'static str,
    /// The test, `module::function`.
    pub test: &'static str,
}

impl Row {
    /// Seen alike in both forms.
    pub const fn both(
        row: &'static str,
        fault: &'static str,
        seen: &'static str,
        over: &'static str,
        test: &'static str,
    ) -> Self {
        Self { row, fault, whole: seen, stream: seen, over, test }
    }

    /// Not on the chat path, for this reason.
    pub const fn elsewhere(row: &'static str, fault: &'static str, why: &'static str) -> Self {
        Self { row, fault, whole: why, stream: why, over: "-", test: "-" }
    }
}

/// Of upstreams.
pub const UPSTREAMS: &[Row] = &[
    Row {
        row: "U5",
        fault: "reset and close at every byte of a stream",
        whole: "502 `upstream_error` up to the last byte, then the whole answer",
        stream: "502 `upstream_error`, or 200 and an error event; once `[DONE]` is there the whole answer",
        over: "only before the first piece",
        test: "faults::crowd::u5_every_byte",
    },
    Row::both(
        "U8",
        "the account's rest, in every spelling",
        "the account rests for just as long, an hour at most; others are used",
        "yes",
        "v1::chat::resting::u8_u24_a_limit_rests_the_account_for_as_long_as_it_says_in_every_spelling",
    ),
    Row::both(
        "U9",
        "a refused credential, thirty requests later",
        "asked once; the alert says which account",
        "yes",
        "v1::chat::resting::u9_a_refused_credential_is_out_is_told_and_is_back_when_it_was_changed",
    ),
    Row::both(
        "U10",
        "an upstream that fails on and on",
        "the account rests by N of M; no more than the retry budget is tried again",
        "within the retry budget",
        "v1::chat::resting::u10_failures_rest_an_account_by_n_of_m_and_never_one, v1::chat::resting::u10_no_more_is_tried_again_than_the_retry_budget_allows",
    ),
    Row::both(
        "U17",
        "four of a chain of five fail",
        "the fifth answers; five attempts in the ledger, one is paid for",
        "yes",
        "faults::crowd::u17_a_chain_of_five",
    ),
    Row::both(
        "U17",
        "a chain of five that all are silent",
        "504 `total_timeout` at the request's deadline, not at five of them",
        "until the deadline",
        "faults::crowd::u17_a_chain_ends_at_its_deadline",
    ),
    Row::both(
        "U18",
        "100 answers that drip, a few bytes at a time",
        "each whole; others are answered in between",
        "not needed",
        "faults::crowd::u18_drips_starve_nobody",
    ),
    Row {
        row: "U19",
        fault: "faster than its client reads",
        whole: "not here: read whole, at most `max_answer_bytes`, before the client gets any",
        stream: "the upstream is held back; the client is cut after `write_timeout`",
        over: "no: the answer had begun",
        test: "faults::crowd::u19_the_upstream_is_held_back",
    },
    Row::both(
        "U20",
        "every account rests",
        "429 `upstream_rate_limited` or 503 `targets_resting`, `retry-after` until the first is back",
        "where another target does not rest",
        "v1::chat::resting::u20_where_all_rest_the_client_is_told_when_the_first_one_is_back",
    ),
    Row::both(
        "U21",
        "an account that may be well again",
        "one request goes first; the others are told to come back in a second",
        "the others, where there is another target",
        "v1::chat::resting::u21_after_a_rest_one_request_goes_first_and_not_a_thousand",
    ),
    Row::both(
        "U24",
        "a clock that is wrong, dates of 1970 and 2106",
        "a date is meant by the upstream's own clock; never more than an hour",
        "yes",
        "v1::chat::resting::u8_u24_a_limit_rests_the_account_for_as_long_as_it_says_in_every_spelling",
    ),
    Row::both(
        "U25",
        "a kept connection that the upstream closes",
        "the whole answer, on another connection",
        "not needed",
        "faults::crowd::u25_a_connection_that_was_closed",
    ),
    Row::both(
        "U25",
        "a name of which one address is dead",
        "the whole answer, from another address",
        "not needed",
        "upstream::tests::u25_a_dead_address_beside_a_good_one",
    ),
    Row::elsewhere(
        "U16",
        "HTTP/2: GOAWAY, RST_STREAM",
        "not on the chat path: upstreams are asked by HTTP/1.1 alone, which is what ALPN offers",
    ),
];

/// Of clients.
pub const CLIENTS: &[Row] = &[
    Row::both(
        "D1",
        "leaves while the upstream is dialled",
        "the dial is given up; `client_gone` with the input estimated: who knows what was sent",
        "no: nobody is there",
        "faults::client::d1_leaves_while_it_is_dialled",
    ),
    Row::both(
        "D1",
        "leaves before the first byte",
        "the upstream's socket is closed; `client_gone` with the input estimated",
        "no: nobody is there",
        "faults::client::d1_leaves_before_the_first_byte",
    ),
    Row::both(
        "D1",
        "leaves while a second target is tried",
        "the same, and the first attempt stands in the ledger",
        "it was on its way",
        "faults::client::d1_leaves_while_another_takes_over",
    ),
    Row {
        row: "D1",
        fault: "leaves in the middle of the answer",
        whole: "the upstream's socket is closed; `client_gone` with the input estimated: the client has nothing",
        stream: "the upstream's socket is closed; `client_gone` with the input and what was relayed so far, estimated and paid for",
        over: "no: nobody is there",
        test: "faults::client::d1_leaves_in_the_middle",
    },
    Row {
        row: "D1",
        fault: "leaves a stream that has only comments",
        whole: "not here: a buffered answer has no comments",
        stream: "the upstream's socket is closed; `client_gone` with the input estimated",
        over: "no: nobody is there",
        test: "faults::client::d1_leaves_a_stream_of_comments",
    },
    Row::elsewhere(
        "D1",
        "leaves in the queue, or while a tool is awaited",
        "not on the chat path to a provider: only pages have a queue and tool turns; tests/nodes has them",
    ),
    Row::elsewhere(
        "D2",
        "leaves where the policy is to read to the end",
        "not on the chat path: there is no such policy; a client that leaves always cancels, and its tokens are estimated",
    ),
    Row::both(
        "D3",
        "FIN and RST",
        "alike: noticed at once",
        "no: nobody is there",
        "faults::client::d1_leaves_before_the_first_byte, faults::client::d1_leaves_in_the_middle",
    ),
    Row {
        row: "D3",
        fault: "vanishes without a word",
        whole: "the kernel's probes end the connection after 50 s",
        stream: "the same; where it does not read, `write_timeout` ends it",
        over: "no: nobody is there",
        test: "listen::tests::d3_who_vanishes_is_probed, faults::client::d4_slow_readers",
    },
    Row {
        row: "D4",
        fault: "50 clients that do not read",
        whole: "an answer that fits the socket's buffer is sent and forgotten",
        stream: "each upstream is held back, each client is cut after `write_timeout`; others are answered",
        over: "no: the answer had begun",
        test: "faults::client::d4_slow_readers",
    },
    Row::both(
        "D6",
        "sends the same `Idempotency-Key` again while the first is at work",
        "409 `duplicate_request`; the upstream is asked once",
        "not needed",
        "faults::repeats::d6_a_repeat_while_the_first_is_at_work",
    ),
    Row::both(
        "D6",
        "sends the same `Idempotency-Key` again after the answer, or after a failure",
        "409 `duplicate_request` for an hour, one charge; after a failure it is done anew",
        "not needed",
        "faults::repeats::d6_a_repeat_after_the_end",
    ),
    Row::both(
        "D7",
        "1,000 requests at once on one connection",
        "answered one after the other, in order",
        "not needed",
        "faults::client::d7_a_thousand_requests_on_one_connection",
    ),
    Row::both(
        "D7",
        "300 connections that stay idle",
        "closed after `header_timeout`; others are answered",
        "not needed",
        "faults::client::d7_idle_connections",
    ),
    Row::both(
        "D8",
        "goes on sending a body that was refused",
        "the refusal, then the connection is closed or what follows is answered; the body is never taken for a request",
        "not needed",
        "faults::client::d8_a_body_after_its_refusal",
    ),
];
