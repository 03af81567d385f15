-- The keys that sealed something, each with a known text under it: the proof at a start that the
-- right ones are there. The keys themselves are not in the database.
CREATE TABLE vault (
    key BIGINT PRIMARY KEY,
    canary BLOB NOT NULL
);

-- Credentials of providers that were added by command.
CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    name TEXT NOT NULL,
    -- How the secret is used: bearer, service_account.
    kind TEXT NOT NULL,
    -- Its last four characters.
    hint TEXT NOT NULL,
    -- What else its owner says, as JSON.
    settings TEXT NOT NULL,
    -- Sealed by the vault and bound to this row and its provider.
    secret BLOB NOT NULL,
    enabled BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    UNIQUE (provider, name)
);
