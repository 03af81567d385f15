-- Which account a try used, and why it was its turn.
ALTER TABLE attempts ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE attempts ADD COLUMN route TEXT NOT NULL DEFAULT '';
