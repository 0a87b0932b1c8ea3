-- Version 1: rooms, their logs, and what the log does not hold (invitations, read marks, used tickets).
-- Times are Unix milliseconds. Room ids and user ids are ASCII, so SQLite's byte order is the contract's ordinal order.
-- There are no foreign keys: rooms are never deleted, and the one writer has just found the room whose number it writes.

PRAGMA application_id = 1215652450; -- 'Hubb', so that a foreign database is recognised

CREATE TABLE schema_version (
    version    INTEGER PRIMARY KEY,
    applied_at INTEGER NOT NULL
) STRICT;

-- A room, and what its log says so far. Its life (epoch) stands here alone, not in its events, so that a new life is one update.
CREATE TABLE rooms (
    number     INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    epoch      INTEGER NOT NULL,
    head       INTEGER NOT NULL, -- the newest sequence
    name       TEXT    NOT NULL,
    visibility INTEGER NOT NULL, -- 0 public, 1 private
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX rooms_public ON rooms (id) WHERE visibility = 0;

-- The log: every (room_number, sequence) from 1 to the room's head, without holes.
CREATE TABLE events (
    room_number INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    sent_at     INTEGER NOT NULL,
    sender_id   TEXT    NOT NULL,
    sender_name TEXT    NOT NULL,
    key         TEXT,             -- the sender's own, for repeats
    type        TEXT    NOT NULL, -- the wire's word
    body        TEXT    NOT NULL, -- of a message its text, of all others JSON
    PRIMARY KEY (room_number, sequence)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX events_by_key ON events (room_number, sender_id, key) WHERE key IS NOT NULL;

CREATE TABLE members (
    room_number INTEGER NOT NULL,
    user_id     TEXT    NOT NULL,
    user_name   TEXT    NOT NULL,
    role        INTEGER,          -- 0 member, 1 owner, NULL removed
    since       INTEGER NOT NULL,
    PRIMARY KEY (room_number, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX members_by_user ON members (user_id, room_number) WHERE role IS NOT NULL;

CREATE TABLE invitations (
    room_number INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    token_hash  TEXT    NOT NULL UNIQUE,
    created_by  TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    revoked     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (room_number, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE read_marks (
    room_number INTEGER NOT NULL,
    user_id     TEXT    NOT NULL,
    sequence    INTEGER NOT NULL,
    PRIMARY KEY (room_number, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE used_tickets (
    id         TEXT    PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX used_tickets_by_expiry ON used_tickets (expires_at);
