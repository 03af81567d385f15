-- What a key may use. Absent is without a limit.
ALTER TABLE keys ADD COLUMN rpm BIGINT;
ALTER TABLE keys ADD COLUMN tpm BIGINT;
ALTER TABLE keys ADD COLUMN concurrency BIGINT;
ALTER TABLE keys ADD COLUMN budget_micro_usd BIGINT;
ALTER TABLE keys ADD COLUMN period TEXT;
ALTER TABLE keys ADD COLUMN time_zone TEXT;
-- A JSON object of texts.
ALTER TABLE keys ADD COLUMN labels TEXT;

-- Secrets that a rotation replaced and that still work for a while.
CREATE TABLE former_secrets (
    hash TEXT PRIMARY KEY,
    key TEXT NOT NULL REFERENCES keys (id),
    until_ms BIGINT NOT NULL
);
