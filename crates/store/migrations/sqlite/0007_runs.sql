-- Turns that pages were given and whose clients still wait: enough to give the answer to a client that
-- asks again after the gateway was killed. No text of them.
CREATE TABLE runs (
    job TEXT PRIMARY KEY,
    -- Whose turn it is; several where one was begun again.
    request TEXT NOT NULL,
    node TEXT NOT NULL,
    site TEXT NOT NULL,
    lane BIGINT NOT NULL,
    -- Keyed hash of who asked, and of what.
    print TEXT NOT NULL,
    given_ms BIGINT NOT NULL
);
