-- One record per import. Instants are microseconds UTC. AUTOINCREMENT, so that a number is never
-- given twice, not even after the newest record was removed.
CREATE TABLE import_record (
    number         INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT NOT NULL UNIQUE,
    source         TEXT NOT NULL,
    started        BIGINT NOT NULL,
    finished       BIGINT,
    status         TEXT NOT NULL,
    counts         TEXT,
    quality        TEXT,
    reconciliation TEXT
);

CREATE INDEX import_record_status ON import_record (status);

CREATE TABLE import_file (
    import_number BIGINT NOT NULL REFERENCES import_record (number) ON DELETE CASCADE,
    file_number   BIGINT NOT NULL,
    name          TEXT NOT NULL,
    content_hash  TEXT NOT NULL,
    n_bytes       BIGINT NOT NULL,
    PRIMARY KEY (import_number, file_number)
);

CREATE INDEX import_file_content ON import_file (content_hash);
