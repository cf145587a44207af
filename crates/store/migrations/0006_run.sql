-- Numbers estimated on a stated population.
CREATE TABLE fit (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    model_hash TEXT NOT NULL,
    kind       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    numbers    TEXT NOT NULL,
    population TEXT NOT NULL,
    n          BIGINT NOT NULL,
    as_of      BIGINT NOT NULL,
    created    BIGINT NOT NULL
);

CREATE INDEX fit_subject ON fit (model_hash, kind, subject, as_of);

-- Grading runs: what they read, and under which version and fits.
CREATE TABLE grading_run (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    model_hash TEXT NOT NULL,
    as_of      BIGINT NOT NULL,
    known_at   BIGINT NOT NULL,
    position   BIGINT NOT NULL,
    fits       TEXT NOT NULL,
    counts     TEXT,
    started    BIGINT NOT NULL,
    finished   BIGINT
);

CREATE INDEX grading_run_as_of ON grading_run (as_of);
