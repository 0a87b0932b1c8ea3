-- Version 4: what people show of themselves, when they were seen, and whom they have blocked.

CREATE TABLE profiles (
    user_id    TEXT    PRIMARY KEY,
    name       TEXT    NOT NULL, -- as it was when they were last seen; of an account the account's is the true one
    color      TEXT,             -- #rrggbb
    last_seen  INTEGER NOT NULL,
    live_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX profiles_by_last_seen ON profiles (last_seen);

-- With a rowid: a row that holds a picture is no good neighbour in an index.
CREATE TABLE avatars (
    user_id    TEXT PRIMARY KEY,
    hash       TEXT NOT NULL,
    media_type TEXT NOT NULL,
    bytes      BLOB NOT NULL
) STRICT;

CREATE INDEX avatars_by_hash ON avatars (hash);

CREATE TABLE blocks (
    user_id    TEXT    NOT NULL,
    blocked_id TEXT    NOT NULL,
    since      INTEGER NOT NULL,
    PRIMARY KEY (user_id, blocked_id)
) STRICT, WITHOUT ROWID;
