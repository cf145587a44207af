-- What a person works at: one draft a workspace.
CREATE TABLE draft (
    one          BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    document     TEXT NOT NULL,
    base_version BIGINT,
    account      TEXT NOT NULL,
    changed      BIGINT NOT NULL,
    revision     BIGINT NOT NULL
);

-- What was submitted; its text never changes. state: review, approved, rejected or withdrawn.
CREATE TABLE version (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    hash        TEXT NOT NULL REFERENCES model_document (hash),
    account     TEXT NOT NULL,
    note        TEXT NOT NULL,
    created     BIGINT NOT NULL,
    state       TEXT NOT NULL,
    reviewer    TEXT,
    review_note TEXT,
    decided     BIGINT,
    validation  TEXT
);

-- From when a version is in force. The one in force at an instant has the latest effective_from up to
-- it; among equal ones the newest. So a rollback is one more row, and nothing waits for a clock.
CREATE TABLE publication (
    number         INTEGER PRIMARY KEY AUTOINCREMENT,
    version        BIGINT NOT NULL REFERENCES version (number),
    effective_from BIGINT NOT NULL,
    at             BIGINT NOT NULL,
    account        TEXT NOT NULL,
    reason         TEXT NOT NULL,
    withdrawn      BIGINT
);

INSERT INTO version (hash, account, note, created, state)
    SELECT hash, '', '', created, 'approved' FROM model_version WHERE published IS NOT NULL ORDER BY published;
INSERT INTO publication (version, effective_from, at, account, reason)
    SELECT version.number, model_version.published, model_version.published, '', ''
    FROM model_version JOIN version ON version.hash = model_version.hash AND version.created = model_version.created
    WHERE model_version.published IS NOT NULL ORDER BY model_version.published;
DROP TABLE model_version;
