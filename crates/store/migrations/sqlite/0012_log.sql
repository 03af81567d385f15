-- The log anew, so that a row costs less to write: names by number, ids by their bytes, the words of
-- failures by the row's number, and the one try of most requests in the request's own row.

-- Keys, models, targets, surfaces, outcomes, accounts, reasons.
CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
INSERT INTO names (id, name) VALUES (0, ''), (1, 'ok');
INSERT INTO names (name)
    SELECT name FROM (SELECT key_name AS name FROM requests UNION SELECT surface FROM requests UNION SELECT model FROM requests
    UNION SELECT outcome FROM requests UNION SELECT target FROM requests)
    WHERE TRUE
    ON CONFLICT DO NOTHING;

DROP INDEX requests_by_time;
DROP INDEX requests_by_key;
DROP INDEX requests_by_model;
DROP INDEX requests_by_target;
DROP INDEX requests_by_outcome;
DROP INDEX requests_failed;
ALTER TABLE requests RENAME TO old_requests;
ALTER TABLE attempts RENAME TO old_attempts;

CREATE TABLE requests (
    -- In the order in which they ended.
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    client_id TEXT,
    key BIGINT NOT NULL,
    surface BIGINT NOT NULL,
    model BIGINT NOT NULL,
    stream BIGINT NOT NULL,
    outcome BIGINT NOT NULL,
    target BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    input_tokens BIGINT NOT NULL,
    cache_read_tokens BIGINT NOT NULL,
    cache_write_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    reasoning_tokens BIGINT NOT NULL,
    usage_estimated BIGINT NOT NULL,
    cost_micro_usd BIGINT NOT NULL,
    priced BIGINT NOT NULL,
    error TEXT NOT NULL,
    opened_ms BIGINT NOT NULL,
    first_byte_ms BIGINT,
    total_ms BIGINT NOT NULL,
    -- The one try, where it was a provider's, at the request's target, and ended as the request did:
    -- its account, why it was its turn, and how long it took. Other tries have rows of their own.
    try_account BIGINT,
    try_route BIGINT,
    try_ms BIGINT
);
INSERT INTO requests
    SELECT old.rowid, unhex(substr(old.id, 5)), client_id, k.id, s.id, m.id, stream, o.id, t.id,
        attempts, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens,
        reasoning_tokens, usage_estimated, cost_micro_usd, priced, error, opened_ms, first_byte_ms,
        total_ms, NULL, NULL, NULL
    FROM old_requests AS old
    JOIN names AS k ON k.name = old.key_name JOIN names AS s ON s.name = old.surface
    JOIN names AS m ON m.name = old.model JOIN names AS o ON o.name = old.outcome
    JOIN names AS t ON t.name = old.target
    ORDER BY old.rowid;

-- One for each single filter of the log: equal first, then by time, and the row's number at its end.
CREATE INDEX requests_by_time ON requests (opened_ms);
CREATE INDEX requests_by_key ON requests (key, opened_ms);
CREATE INDEX requests_by_model ON requests (model, opened_ms);
CREATE INDEX requests_by_target ON requests (target, opened_ms);
-- Most requests end well; those are found by time.
CREATE INDEX requests_by_outcome ON requests (outcome, opened_ms) WHERE outcome <> 1;
CREATE INDEX requests_failed ON requests (opened_ms) WHERE outcome <> 1;

-- The tries of requests that had several, or one that says more than the request's row can.
CREATE TABLE attempts (
    request BIGINT NOT NULL,
    number BIGINT NOT NULL,
    target TEXT NOT NULL,
    kind TEXT NOT NULL,
    node TEXT,
    lane BIGINT,
    conversation TEXT NOT NULL,
    outcome TEXT NOT NULL,
    accepted BIGINT NOT NULL,
    losses TEXT NOT NULL,
    error TEXT NOT NULL,
    total_ms BIGINT NOT NULL,
    account TEXT NOT NULL,
    route TEXT NOT NULL,
    PRIMARY KEY (request, number)
) WITHOUT ROWID;
INSERT INTO attempts
    SELECT requests.number, old.number, old.target, kind, node, lane, conversation, old.outcome,
        accepted, losses, old.error, old.total_ms, account, route
    FROM old_attempts AS old JOIN requests ON requests.id = unhex(substr(old.request, 5));

-- The words of failures are found by the number of their request.
CREATE VIRTUAL TABLE failure_words USING fts5(words, content='', contentless_delete=1);
INSERT INTO failure_words (rowid, words)
    SELECT requests.number,
        COALESCE((SELECT group_concat(error, char(10)) FROM attempts
            WHERE attempts.request = requests.number AND error <> ''), '')
        || char(10) || requests.error
    FROM requests
    WHERE error <> ''
        OR EXISTS (SELECT 1 FROM attempts WHERE attempts.request = requests.number AND error <> '');
DROP TABLE error_index;
DROP TABLE errors;
DROP TABLE old_attempts;
DROP TABLE old_requests;
