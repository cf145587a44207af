-- When whoever has a session last showed that it is they, how they signed in, and from which networks a key
-- is taken. A session from before counts as shown at its beginning.
ALTER TABLE session ADD COLUMN way TEXT NOT NULL DEFAULT 'password';
ALTER TABLE session ADD COLUMN proved BIGINT NOT NULL DEFAULT 0;
UPDATE session SET proved = created;
ALTER TABLE api_key ADD COLUMN networks TEXT NOT NULL DEFAULT '[]';
