-- Version 3: people: accounts, the names that are theirs alone, and what has changed about somebody since their tokens were made.

CREATE TABLE accounts (
    user_id       TEXT    PRIMARY KEY,
    name          TEXT    NOT NULL,
    handle        TEXT,
    password_hash TEXT    NOT NULL,
    generation    INTEGER NOT NULL, -- a token of a lower one counts no more
    created_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Every name and handle, folded: each is one account's.
CREATE TABLE account_names (
    key     TEXT PRIMARY KEY,
    user_id TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The latest change about each user, with or without an account. Numbers are never used again, for nodes ask for what is above the last that they know.
CREATE TABLE amendments (
    number        INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id       TEXT    NOT NULL UNIQUE,
    generation    INTEGER NOT NULL,
    name          TEXT,             -- NULL: as the tokens say
    expires_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX amendments_by_expiry ON amendments (expires_at);
