-- Who did what. Each entry's hash covers the hash before it; audit_head holds the last one, so
-- that entries cut off at the end are missed too.
CREATE TABLE audit_entry (
    number   BIGINT NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL,
    actor    TEXT NOT NULL,
    action   TEXT NOT NULL,
    subject  TEXT NOT NULL,
    detail   TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash     TEXT NOT NULL
);

CREATE TABLE audit_head (
    one    BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    number BIGINT NOT NULL,
    hash   TEXT NOT NULL
);

INSERT INTO audit_head (one, number, hash) VALUES (1, 0, '');

CREATE TRIGGER audit_entry_is_fixed BEFORE UPDATE ON audit_entry
BEGIN
    SELECT RAISE(ABORT, 'audit entries are never changed');
END;

CREATE TRIGGER audit_entry_stays BEFORE DELETE ON audit_entry
BEGIN
    SELECT RAISE(ABORT, 'audit entries are never removed');
END;
