-- Pairs of customers that may be one person, by their numbers in the ledger: what speaks for it and what people
-- decided. Nothing in it names anybody. The score is a probability in ten-thousandths.
CREATE TABLE double_pair (
    a        BIGINT NOT NULL,
    b        BIGINT NOT NULL,
    score    BIGINT NOT NULL,
    reasons  TEXT NOT NULL,
    found    BIGINT NOT NULL,
    state    TEXT NOT NULL,
    account  TEXT,
    decided  BIGINT,
    PRIMARY KEY (a, b)
);

CREATE INDEX double_pair_state ON double_pair (state, score);
CREATE INDEX double_pair_b ON double_pair (b);
