-- Who may sign in. An e-mail address of staff is no customer's identifier and stands in clear; the
-- password is an Argon2id hash, the second factor's secret is sealed.
CREATE TABLE account (
    id          TEXT NOT NULL PRIMARY KEY,
    email       TEXT NOT NULL UNIQUE,
    name        TEXT NOT NULL,
    role        TEXT NOT NULL,
    scope       TEXT NOT NULL,
    language    TEXT NOT NULL,
    password    TEXT,
    sealed_totp BLOB,
    totp_step   BIGINT NOT NULL DEFAULT 0,
    subject     TEXT UNIQUE,
    created     BIGINT NOT NULL,
    disabled    BIGINT
);

-- Only the hash of a token is kept: who reads this table can't sign in with it.
CREATE TABLE session (
    token_hash BLOB NOT NULL PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    account    TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created    BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    expires    BIGINT NOT NULL
);

CREATE INDEX session_account ON session (account);

CREATE TABLE api_key (
    token_hash BLOB NOT NULL PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    account    TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    scopes     TEXT NOT NULL,
    created    BIGINT NOT NULL,
    expires    BIGINT,
    last_used  BIGINT,
    revoked    BIGINT
);

-- Codes that open a door once: the first administrator's, a link that signs in, a new password's.
CREATE TABLE entry_code (
    code_hash BLOB NOT NULL PRIMARY KEY,
    purpose   TEXT NOT NULL,
    account   TEXT REFERENCES account (id) ON DELETE CASCADE,
    expires   BIGINT NOT NULL
);

-- Failed attempts to sign in, by what was tried: the hash of an address typed, or where it came from.
CREATE TABLE sign_in_failure (
    subject BLOB NOT NULL PRIMARY KEY,
    n       BIGINT NOT NULL,
    last    BIGINT NOT NULL
);
