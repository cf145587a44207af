-- What an import that is not done yet is going to change of what was there before it. Kept apart
-- until it is done, so that giving it up needs to undo nothing.
CREATE TABLE vault_attribute_known (
    import_number    BIGINT NOT NULL REFERENCES import_record (number) ON DELETE CASCADE,
    attribute_number BIGINT NOT NULL,
    known            BIGINT NOT NULL,
    PRIMARY KEY (import_number, attribute_number)
);

-- Quarantined rows that an import brings in, mended.
CREATE TABLE quarantine_replay (
    import_number BIGINT NOT NULL REFERENCES import_record (number) ON DELETE CASCADE,
    row_number    BIGINT NOT NULL,
    PRIMARY KEY (import_number, row_number)
);
