-- Times are Unix milliseconds, money is micro-USD, ids are texts with their prefix.

CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    models TEXT,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT,
    revoked_ms BIGINT
);

CREATE TABLE nodes (
    id TEXT PRIMARY KEY,
    label TEXT NOT NULL,
    public_key TEXT NOT NULL UNIQUE,
    origin TEXT NOT NULL,
    browser TEXT NOT NULL,
    paired_ms BIGINT NOT NULL,
    seen_ms BIGINT NOT NULL
);

CREATE TABLE pairing_codes (
    hash TEXT PRIMARY KEY,
    fleet BIGINT NOT NULL,
    uses_left BIGINT NOT NULL,
    tries_left BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);

CREATE TABLE sites (
    name TEXT PRIMARY KEY,
    adapter TEXT NOT NULL,
    origin TEXT NOT NULL,
    created_ms BIGINT NOT NULL
);

-- One row a request, written once.
CREATE TABLE requests (
    id TEXT PRIMARY KEY,
    client_id TEXT,
    key_name TEXT NOT NULL,
    surface TEXT NOT NULL,
    model TEXT NOT NULL,
    stream BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    target TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    input_tokens BIGINT NOT NULL,
    cache_read_tokens BIGINT NOT NULL,
    cache_write_tokens BIGINT NOT NULL,
    output_tokens BIGINT NOT NULL,
    reasoning_tokens BIGINT NOT NULL,
    usage_estimated BIGINT NOT NULL,
    cost_micro_usd BIGINT NOT NULL,
    opened_ms BIGINT NOT NULL,
    first_byte_ms BIGINT,
    total_ms BIGINT NOT NULL
);
CREATE INDEX requests_by_time ON requests (opened_ms);

-- One row a try.
CREATE TABLE attempts (
    request TEXT NOT NULL,
    number BIGINT NOT NULL,
    target TEXT NOT NULL,
    kind TEXT NOT NULL,
    node TEXT,
    lane BIGINT,
    outcome TEXT NOT NULL,
    accepted BIGINT NOT NULL,
    losses TEXT NOT NULL,
    total_ms BIGINT NOT NULL,
    PRIMARY KEY (request, number)
);

-- Requests that were opened and have not ended; what a start finds here was interrupted.
CREATE TABLE open_requests (
    id TEXT PRIMARY KEY,
    record TEXT NOT NULL
);

-- How far the spool has been read; moves in the same transaction as the rows.
CREATE TABLE spool_position (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    segment BIGINT NOT NULL,
    offset_bytes BIGINT NOT NULL
);
INSERT INTO spool_position (one, segment, offset_bytes) VALUES (1, 1, 0);
