-- What of a seat outlives the gateway: when its turns started, how long it rests, how it has been.
CREATE TABLE seats (
    node TEXT NOT NULL,
    site TEXT NOT NULL,
    -- JSON, written and read by the gateway's `nodes`.
    state TEXT NOT NULL,
    changed_ms BIGINT NOT NULL,
    PRIMARY KEY (node, site)
);
