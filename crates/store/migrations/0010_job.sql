-- Long work that somebody started: what it is, how far it came, and how it ended.
CREATE TABLE job (
    id       TEXT NOT NULL PRIMARY KEY,
    kind     TEXT NOT NULL,
    account  TEXT NOT NULL,
    input    TEXT NOT NULL,
    state    TEXT NOT NULL,
    created  BIGINT NOT NULL,
    started  BIGINT,
    finished BIGINT,
    result   TEXT,
    problem  TEXT
);

CREATE INDEX job_created ON job (created);

-- A request that starts something and is sent again is answered as the first time.
CREATE TABLE idempotency_key (
    account  TEXT NOT NULL,
    key      TEXT NOT NULL,
    asked    TEXT NOT NULL,
    status   BIGINT,
    body     TEXT,
    created  BIGINT NOT NULL,
    PRIMARY KEY (account, key)
);
