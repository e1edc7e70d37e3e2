-- Everything the server knows. `sealed`, `signed`, `wrap`, `body` and `entry` hold bytes that it can check but not open.
-- Times are whole seconds since 1970 by the server's clock.

CREATE TABLE server (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    tenant   BLOB NOT NULL CHECK (length(tenant) = 16),
    secret   BLOB NOT NULL CHECK (length(secret) = 32)    -- answers for unknown handles come from it; no note depends on it
) STRICT;

CREATE TABLE accounts (
    account    BLOB PRIMARY KEY CHECK (length(account) = 32),
    handle     TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE key_log (
    account   BLOB NOT NULL REFERENCES accounts (account),
    sequence  INTEGER NOT NULL,
    entry     BLOB NOT NULL,
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (account, sequence)
) STRICT;

CREATE TABLE vaults (
    account    BLOB NOT NULL REFERENCES accounts (account),
    generation INTEGER NOT NULL,
    sealed     BLOB NOT NULL,
    stored_at  INTEGER NOT NULL,
    PRIMARY KEY (account, generation)
) STRICT;

CREATE TABLE unlock_slots (
    account    BLOB NOT NULL REFERENCES accounts (account),
    slot       BLOB NOT NULL CHECK (length(slot) = 16),
    generation INTEGER NOT NULL,
    sealed     BLOB NOT NULL,
    stored_at  INTEGER NOT NULL,
    PRIMARY KEY (account, slot, generation)
) STRICT;

CREATE TABLE challenges (
    challenge  BLOB PRIMARY KEY CHECK (length(challenge) = 32),
    account    BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX challenges_by_expiry ON challenges (expires_at);

CREATE TABLE sessions (
    token_hash   BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
    account      BLOB NOT NULL REFERENCES accounts (account),
    last_used_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- The private drawer: one row is one whole version. There is no table, column or route for a recipient.
CREATE TABLE private_versions (
    record    BLOB NOT NULL CHECK (length(record) = 16),
    version   INTEGER NOT NULL CHECK (version > 0),
    author    BLOB NOT NULL REFERENCES accounts (account),
    client    BLOB NOT NULL CHECK (length(client) = 16),
    hash      BLOB NOT NULL CHECK (length(hash) = 32),
    signed    BLOB NOT NULL,
    wrap      BLOB NOT NULL,
    body      BLOB NOT NULL,
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (record, version)
) STRICT;
CREATE INDEX private_versions_by_author ON private_versions (author, record, version);
CREATE INDEX private_versions_by_client ON private_versions (author, client, record, version);

CREATE TABLE private_drafts (
    account   BLOB NOT NULL REFERENCES accounts (account),
    record    BLOB NOT NULL CHECK (length(record) = 16),
    sealed    BLOB NOT NULL,
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (account, record)
) STRICT;

-- The chart: bodies apart from their version, so that a recipient is handed only the sections of her grant.
CREATE TABLE chart_versions (
    record    BLOB NOT NULL CHECK (length(record) = 16),
    version   INTEGER NOT NULL CHECK (version > 0),
    author    BLOB NOT NULL REFERENCES accounts (account),
    client    BLOB NOT NULL CHECK (length(client) = 16),
    hash      BLOB NOT NULL CHECK (length(hash) = 32),
    signed    BLOB NOT NULL,
    wrap      BLOB NOT NULL,
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (record, version)
) STRICT;
CREATE INDEX chart_versions_by_author ON chart_versions (author, record, version);
CREATE INDEX chart_versions_by_client ON chart_versions (author, client, record, version);

CREATE TABLE chart_bodies (
    record   BLOB NOT NULL,
    version  INTEGER NOT NULL,
    section  TEXT NOT NULL,
    body     BLOB NOT NULL,
    PRIMARY KEY (record, version, section),
    FOREIGN KEY (record, version) REFERENCES chart_versions (record, version)
) STRICT;

CREATE TABLE grants (
    record     BLOB NOT NULL,
    version    INTEGER NOT NULL,
    recipient  BLOB NOT NULL REFERENCES accounts (account),
    hash       BLOB NOT NULL CHECK (length(hash) = 32),
    sealed     BLOB NOT NULL,
    expires_at INTEGER,
    stored_at  INTEGER NOT NULL,
    revoked_at INTEGER,
    PRIMARY KEY (record, version, recipient, hash),
    FOREIGN KEY (record, version) REFERENCES chart_versions (record, version)
) STRICT;
CREATE UNIQUE INDEX grants_in_force ON grants (record, version, recipient) WHERE revoked_at IS NULL;
CREATE INDEX grants_by_recipient ON grants (recipient, record, version);

CREATE TABLE chart_drafts (
    account   BLOB NOT NULL REFERENCES accounts (account),
    record    BLOB NOT NULL CHECK (length(record) = 16),
    sealed    BLOB NOT NULL,
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (account, record)
) STRICT;
