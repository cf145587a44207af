-- Tiers that a person sets. state: waiting, approved, rejected. Why is in the vault, under the id. Of the
-- instants, holds_from, expires and holds_until are the workspace's clock; the others the clock on the wall.
CREATE TABLE tier_override (
    id          TEXT NOT NULL PRIMARY KEY,
    customer    BIGINT NOT NULL,
    scheme      TEXT NOT NULL,
    level       TEXT NOT NULL,
    account     TEXT NOT NULL,
    at          BIGINT NOT NULL,
    state       TEXT NOT NULL,
    expires     BIGINT,
    decided_by  TEXT,
    decided     BIGINT,
    holds_from  BIGINT,
    ended_by    TEXT,
    ended       BIGINT,
    holds_until BIGINT
);

CREATE INDEX tier_override_customer ON tier_override (customer);
CREATE INDEX tier_override_state ON tier_override (state, holds_from);
