-- Files in folders beside the database: media of answers, and what clients uploaded.
CREATE TABLE files (
    -- Random, and the file's name on the disk; who knows the id of a medium may fetch it.
    id TEXT NOT NULL PRIMARY KEY,
    -- 'media' or 'upload'.
    kind TEXT NOT NULL,
    -- Who may see an upload: the key that made it.
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    mime TEXT NOT NULL,
    -- What an upload is for, in the client's word.
    purpose TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX files_by_age ON files (kind, created_ms, id);
CREATE INDEX files_by_owner ON files (kind, owner, created_ms, id);
CREATE INDEX files_by_end ON files (kind, expires_ms);
