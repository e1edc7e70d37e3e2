-- An account's signed, hash-chained log. The chain can be checked here; the events are sealed.
CREATE TABLE ledger (
    account   BLOB NOT NULL REFERENCES accounts (account),
    sequence  INTEGER NOT NULL CHECK (sequence > 0),
    hash      BLOB NOT NULL CHECK (length(hash) = 32),
    entry     BLOB NOT NULL,
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (account, sequence)
) STRICT;
