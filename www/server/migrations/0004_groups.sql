-- Practices and teams: accounts without a vault, whose keys are in their manager's. Members are derived from the key log.
ALTER TABLE key_log ADD COLUMN epoch INTEGER;           -- that the entry brings; until here every entry brought one
UPDATE key_log SET epoch = sequence + 1;

CREATE TABLE groups (
    account    BLOB PRIMARY KEY REFERENCES accounts (account),
    manager    BLOB NOT NULL REFERENCES accounts (account),
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX groups_by_manager ON groups (manager);

CREATE TABLE members (
    account    BLOB NOT NULL REFERENCES groups (account),
    member     BLOB NOT NULL,
    expires_at INTEGER,
    left_at    INTEGER,
    PRIMARY KEY (account, member)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_member ON members (member);

-- A team's keys, sealed to a member.
CREATE TABLE team_keys (
    account   BLOB NOT NULL REFERENCES groups (account),
    member    BLOB NOT NULL REFERENCES accounts (account),
    sealed    BLOB NOT NULL,
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (account, member)
) STRICT;
