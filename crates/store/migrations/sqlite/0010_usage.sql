-- What went wrong, in words; bounded and without secrets.
ALTER TABLE requests ADD COLUMN error TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN error TEXT NOT NULL DEFAULT '';
-- Whether a price was known: a cost of 0 says nothing where none was.
ALTER TABLE requests ADD COLUMN priced BIGINT NOT NULL DEFAULT 0;

-- One for each single filter of the log: equal first, then by time, and the row's place at its end.
CREATE INDEX requests_by_key ON requests (key_name, opened_ms);
CREATE INDEX requests_by_model ON requests (model, opened_ms);
CREATE INDEX requests_by_target ON requests (target, opened_ms);
-- Most requests end well; those are found by time.
CREATE INDEX requests_by_outcome ON requests (outcome, opened_ms) WHERE outcome <> 'ok';
CREATE INDEX requests_failed ON requests (opened_ms) WHERE outcome <> 'ok';

-- Words of failures, searched as text. The index keeps no copy of them.
CREATE TABLE errors (id INTEGER PRIMARY KEY, request TEXT NOT NULL UNIQUE);
CREATE VIRTUAL TABLE error_index USING fts5(words, content='', contentless_delete=1);

-- What charts and budgets read: sums over a stretch of time. `kind` says what a row is of:
-- 0 everything, 1 a model, 2 a key, 3 a target, 4 an outcome, 5 model x key x target; a name that is
-- not of the kind is empty. `step` is its length in milliseconds: a minute, an hour, a day.
CREATE TABLE usage (
    kind BIGINT NOT NULL,
    step BIGINT NOT NULL,
    start_ms BIGINT NOT NULL,
    model TEXT NOT NULL,
    key_name TEXT NOT NULL,
    target TEXT NOT NULL,
    outcome TEXT NOT NULL,
    requests BIGINT NOT NULL,
    ok BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    limited BIGINT NOT NULL,
    human BIGINT NOT NULL,
    timed_out BIGINT NOT NULL,
    gone BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    input_tokens BIGINT NOT NULL,
    cache_read_tokens BIGINT NOT NULL,
    cache_write_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    reasoning_tokens BIGINT NOT NULL,
    cost_micro_usd BIGINT NOT NULL,
    estimated BIGINT NOT NULL,
    unpriced BIGINT NOT NULL,
    -- Milliseconds to the first byte, counted by size: up to 50, 100, 250, 500, 1,000, 2,500, 5,000,
    -- 10,000, 30,000, 60,000, 300,000, and more.
    first_0 BIGINT NOT NULL,
    first_1 BIGINT NOT NULL,
    first_2 BIGINT NOT NULL,
    first_3 BIGINT NOT NULL,
    first_4 BIGINT NOT NULL,
    first_5 BIGINT NOT NULL,
    first_6 BIGINT NOT NULL,
    first_7 BIGINT NOT NULL,
    first_8 BIGINT NOT NULL,
    first_9 BIGINT NOT NULL,
    first_10 BIGINT NOT NULL,
    first_11 BIGINT NOT NULL,
    -- The same of whole answers that ended well.
    total_0 BIGINT NOT NULL,
    total_1 BIGINT NOT NULL,
    total_2 BIGINT NOT NULL,
    total_3 BIGINT NOT NULL,
    total_4 BIGINT NOT NULL,
    total_5 BIGINT NOT NULL,
    total_6 BIGINT NOT NULL,
    total_7 BIGINT NOT NULL,
    total_8 BIGINT NOT NULL,
    total_9 BIGINT NOT NULL,
    total_10 BIGINT NOT NULL,
    total_11 BIGINT NOT NULL,
    PRIMARY KEY (kind, step, start_ms, model, key_name, target, outcome)
) WITHOUT ROWID;
-- One key's own figures, among many keys.
CREATE INDEX usage_by_key ON usage (key_name, kind, step, start_ms);
