-- Every text that was ever a version of a model, by the hash of its bytes.
CREATE TABLE model_document (
    hash     TEXT NOT NULL PRIMARY KEY,
    document TEXT NOT NULL
);

CREATE TABLE model_version (
    name      TEXT NOT NULL,
    version   BIGINT NOT NULL,
    hash      TEXT NOT NULL REFERENCES model_document (hash),
    status    TEXT NOT NULL,
    created   BIGINT NOT NULL,
    published BIGINT,
    retired   BIGINT,
    PRIMARY KEY (name, version)
);

CREATE INDEX model_version_hash ON model_version (hash);
