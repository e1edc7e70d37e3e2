-- Ways back into an account, devices, and the professional will. Removed slots, revoked devices, ended deals and cancelled
-- claims are kept as rows and no longer served.

-- Since when this server runs: answers for unknown handles date their keys after it.
ALTER TABLE server ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
UPDATE server SET created_at = coalesce((SELECT min(created_at) FROM accounts), unixepoch());

ALTER TABLE unlock_slots ADD COLUMN removed_at INTEGER;
ALTER TABLE sessions ADD COLUMN device BLOB CHECK (device IS NULL OR length(device) = 16);
CREATE INDEX sessions_by_account ON sessions (account, device);

CREATE TABLE devices (
    account      BLOB NOT NULL REFERENCES accounts (account),
    device       BLOB NOT NULL CHECK (length(device) = 16),
    added_at     INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    revoked_at   INTEGER,
    PRIMARY KEY (account, device)
) STRICT;

-- Shares of one secret. One deal of a kind is in force; `will`, `scope` and `waiting_days` are there for kind 2.
CREATE TABLE deals (
    account      BLOB NOT NULL REFERENCES accounts (account),
    deal         BLOB NOT NULL CHECK (length(deal) = 16),
    kind         INTEGER NOT NULL CHECK (kind IN (1, 2)),
    will         BLOB,
    scope        INTEGER,
    waiting_days INTEGER,
    stored_at    INTEGER NOT NULL,
    removed_at   INTEGER,
    PRIMARY KEY (account, deal)
) STRICT;
CREATE UNIQUE INDEX deals_in_force ON deals (account, kind) WHERE removed_at IS NULL;

CREATE TABLE shares (
    account   BLOB NOT NULL,
    deal      BLOB NOT NULL,
    recipient BLOB NOT NULL REFERENCES accounts (account),
    sealed    BLOB NOT NULL,
    PRIMARY KEY (account, deal, recipient),
    FOREIGN KEY (account, deal) REFERENCES deals (account, deal)
) STRICT;
CREATE INDEX shares_by_recipient ON shares (recipient);

-- `account` is whose account is asked for. It need not exist: what happens to a request must not tell whether it does.
CREATE TABLE requests (
    request    BLOB NOT NULL PRIMARY KEY CHECK (length(request) = 32),
    account    BLOB NOT NULL CHECK (length(account) = 32),
    kind       INTEGER NOT NULL CHECK (kind IN (1, 2, 3)),
    sealed     BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER CHECK ((expires_at IS NULL) = (kind = 3))
) STRICT;
CREATE INDEX requests_by_account ON requests (account, kind);
CREATE INDEX requests_by_expiry ON requests (expires_at);

CREATE TABLE answers (
    request   BLOB NOT NULL REFERENCES requests (request) ON DELETE CASCADE,
    giver     BLOB NOT NULL REFERENCES accounts (account),
    sealed    BLOB NOT NULL,
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (request, giver)
) STRICT;

CREATE TABLE claims (
    request      BLOB NOT NULL PRIMARY KEY REFERENCES requests (request),
    account      BLOB NOT NULL,
    deal         BLOB NOT NULL,
    claimant     BLOB NOT NULL REFERENCES accounts (account),
    claimed_at   INTEGER NOT NULL,
    ready_at     INTEGER NOT NULL,
    cancelled_at INTEGER,
    opened_at    INTEGER,
    FOREIGN KEY (account, deal) REFERENCES deals (account, deal)
) STRICT;
-- One for each executor: none can keep the others from claiming.
CREATE UNIQUE INDEX claims_open ON claims (account, claimant) WHERE cancelled_at IS NULL;
CREATE INDEX claims_by_deal ON claims (account, deal);

-- What an account's owner is told. `actor` is null where nobody was logged in.
CREATE TABLE events (
    event   INTEGER PRIMARY KEY,
    account BLOB NOT NULL REFERENCES accounts (account),
    at      INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    actor   BLOB REFERENCES accounts (account),
    subject TEXT
) STRICT;
CREATE INDEX events_by_account ON events (account, event);
