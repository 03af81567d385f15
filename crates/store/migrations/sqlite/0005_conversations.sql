-- What an attempt did with the page's conversation: 'fresh', 'continued'; empty for a provider.
ALTER TABLE attempts ADD COLUMN conversation TEXT NOT NULL DEFAULT '';
