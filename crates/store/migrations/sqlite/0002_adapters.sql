-- Revisions of adapters that were taught or published here. Rows are only added: what is published
-- later, an older text among them, is a row of its own.
CREATE TABLE adapters (
    name TEXT NOT NULL,
    revision BIGINT NOT NULL,
    -- 'draft' or 'published'; the greatest published revision is in force.
    state TEXT NOT NULL,
    -- The adapter as TOML; empty for the one built into the program.
    text TEXT NOT NULL,
    -- The revision whose text this one repeats.
    copy_of BIGINT,
    -- Who made it: a browser's label, or 'admin'.
    made_by TEXT NOT NULL,
    -- Where it was taught.
    origin TEXT,
    created_ms BIGINT NOT NULL,
    PRIMARY KEY (name, revision)
);
