-- Rows that are wrong. They count once their import is done. The message may quote a cell, so it
-- is sealed like the row itself.
CREATE TABLE quarantine_row (
    number         INTEGER PRIMARY KEY AUTOINCREMENT,
    import_number  BIGINT NOT NULL REFERENCES import_record (number) ON DELETE CASCADE,
    file           TEXT NOT NULL,
    row_number     BIGINT NOT NULL,
    code           TEXT NOT NULL,
    surrogate      BIGINT,
    created        BIGINT NOT NULL,
    expires        BIGINT NOT NULL,
    status         TEXT NOT NULL,
    replayed_by    BIGINT,
    sealed_message BLOB NOT NULL,
    sealed_row     BLOB NOT NULL
);

CREATE INDEX quarantine_row_import ON quarantine_row (import_number);
CREATE INDEX quarantine_row_expires ON quarantine_row (expires);
CREATE INDEX quarantine_row_surrogate ON quarantine_row (surrogate) WHERE surrogate IS NOT NULL;
