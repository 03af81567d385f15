-- Conversations of pages that stand for a model of their site.
CREATE TABLE pinned (
    id TEXT PRIMARY KEY,
    site TEXT NOT NULL,
    -- The name that clients ask for.
    model TEXT NOT NULL,
    -- The model, mode and side of the page that it is answered as: 'battle@a'; the name's own where empty.
    choice TEXT NOT NULL,
    -- The browser that can open it; any of the site where empty.
    node TEXT NOT NULL,
    -- Path and query of the page.
    address TEXT NOT NULL,
    -- The only key that may use it; any where empty.
    key_name TEXT NOT NULL,
    -- 'popup', 'command' or 'import'.
    source TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    UNIQUE (site, model, node, address)
);

-- How a site that was added by command is spoken to: JSON, written and read by the gateway's `config`.
ALTER TABLE sites ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
