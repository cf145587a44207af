-- Keys of the workspace, each wrapped by the master key.
CREATE TABLE vault_secret (
    name          TEXT NOT NULL PRIMARY KEY,
    master_key_id TEXT NOT NULL,
    wrapped       BLOB NOT NULL
);

-- Identities in the order of arrival. Surrogates are random, so a table ordered by them would
-- touch another page for every row; the index over them is a fifth of its size and stays in
-- memory. import_number is the import that brought the identity, 0 when it is kept whatever
-- becomes of that import.
CREATE TABLE vault_identity (
    number        INTEGER PRIMARY KEY,
    surrogate     BIGINT NOT NULL,
    kind          TEXT NOT NULL,
    blind         BLOB NOT NULL,
    import_number BIGINT NOT NULL,
    key_id        BIGINT NOT NULL,
    wrapped_key   BLOB NOT NULL,
    sealed        BLOB NOT NULL
);

CREATE UNIQUE INDEX vault_identity_surrogate ON vault_identity (surrogate);

-- What else identifies the owner of an identity: names, addresses. One row per value ever given;
-- the one known last is the one shown.
CREATE TABLE vault_attribute (
    number        INTEGER PRIMARY KEY,
    surrogate     BIGINT NOT NULL,
    kind          TEXT NOT NULL,
    blind         BLOB NOT NULL,
    known         BIGINT NOT NULL,
    import_number BIGINT NOT NULL,
    sealed        BLOB NOT NULL
);

CREATE UNIQUE INDEX vault_attribute_value ON vault_attribute (surrogate, kind, blind);
CREATE INDEX vault_attribute_blind ON vault_attribute (blind);

-- Free text of events.
CREATE TABLE vault_text (
    number        INTEGER PRIMARY KEY,
    surrogate     BIGINT NOT NULL,
    event_id      BLOB NOT NULL,
    field         TEXT NOT NULL,
    import_number BIGINT NOT NULL,
    sealed        BLOB NOT NULL
);

CREATE UNIQUE INDEX vault_text_event ON vault_text (surrogate, event_id, field);

-- Receipts of erasure: a surrogate is all that is left.
CREATE TABLE vault_forgotten (
    surrogate BIGINT NOT NULL PRIMARY KEY,
    forgotten BIGINT NOT NULL
);
