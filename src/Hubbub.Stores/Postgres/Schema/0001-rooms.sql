-- Version 1: rooms, their logs, and what the log does not hold (invitations, read marks, used tickets, shared secrets).
-- Times are Unix milliseconds. Ids compare by bytes (COLLATE "C"), which is the contract's ordinal order, as they are ASCII.
-- Every table of a room begins with the room's id and has it in every key, so that all of them can be spread over servers by it
-- (docs/capacity.md). There are no foreign keys: rooms are never deleted, and an append holds the lock of the room that it writes to.

-- A room, and what its log says so far. Its life (epoch) stands here alone, not in its events, so that a new life is one update.
CREATE TABLE hubbub.rooms (
    id          text COLLATE "C" PRIMARY KEY,
    epoch       bigint   NOT NULL,
    head        bigint   NOT NULL, -- the newest sequence
    name        text     NOT NULL,
    visibility  smallint NOT NULL, -- 0 public, 1 private
    consistency smallint NOT NULL, -- 0 strong, 1 relaxed
    created_at  bigint   NOT NULL
) WITH (fillfactor = 50); -- every append changes the head: with space beside it, the new row stays on its page and no index changes

CREATE INDEX rooms_public ON hubbub.rooms (id) WHERE visibility = 0;

-- The log: every (room_id, sequence) from 1 to the room's head, without holes.
CREATE TABLE hubbub.events (
    room_id     text COLLATE "C" NOT NULL,
    sequence    bigint NOT NULL,
    sent_at     bigint NOT NULL,
    sender_id   text COLLATE "C" NOT NULL,
    sender_name text   NOT NULL,
    key         text COLLATE "C", -- the sender's own, for repeats
    type        text   NOT NULL,  -- the wire's word
    body        text   NOT NULL,  -- of a message its text, of all others JSON
    PRIMARY KEY (room_id, sequence)
);

CREATE UNIQUE INDEX events_by_key ON hubbub.events (room_id, sender_id, key) WHERE key IS NOT NULL;

CREATE TABLE hubbub.members (
    room_id   text COLLATE "C" NOT NULL,
    user_id   text COLLATE "C" NOT NULL,
    user_name text   NOT NULL,
    role      smallint,          -- 0 member, 1 owner, NULL removed
    since     bigint NOT NULL,
    PRIMARY KEY (room_id, user_id)
);

CREATE INDEX members_by_user ON hubbub.members (user_id, room_id) WHERE role IS NOT NULL;

CREATE TABLE hubbub.invitations (
    room_id    text COLLATE "C" NOT NULL,
    id         text COLLATE "C" NOT NULL,
    token_hash text COLLATE "C" NOT NULL UNIQUE,
    created_by text    NOT NULL,
    created_at bigint  NOT NULL,
    expires_at bigint  NOT NULL,
    revoked    boolean NOT NULL DEFAULT false,
    PRIMARY KEY (room_id, id)
);

CREATE TABLE hubbub.read_marks (
    room_id  text COLLATE "C" NOT NULL,
    user_id  text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    PRIMARY KEY (room_id, user_id)
);

CREATE TABLE hubbub.used_tickets (
    id         text COLLATE "C" PRIMARY KEY,
    expires_at bigint NOT NULL
);

CREATE INDEX used_tickets_by_expiry ON hubbub.used_tickets (expires_at);

-- What all nodes must agree on and nobody else may know: the signing key.
CREATE TABLE hubbub.secrets (
    name  text COLLATE "C" PRIMARY KEY,
    value bytea NOT NULL
);
