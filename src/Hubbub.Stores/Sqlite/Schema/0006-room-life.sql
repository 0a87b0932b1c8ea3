-- Version 6: what else a room is by what its log says so far.

ALTER TABLE rooms ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE rooms ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;  -- 1 if so
ALTER TABLE rooms ADD COLUMN slow_mode INTEGER NOT NULL DEFAULT 0; -- seconds between two messages of one member

CREATE TABLE pins (
    room_number INTEGER NOT NULL,
    message     INTEGER NOT NULL, -- its sequence
    pinned_by   INTEGER NOT NULL, -- the sequence of the event
    PRIMARY KEY (room_number, message)
) STRICT, WITHOUT ROWID;

-- When each member said something last, while the room was slow.
CREATE TABLE paced (
    room_number INTEGER NOT NULL,
    user_id     TEXT    NOT NULL,
    sent_at     INTEGER NOT NULL,
    PRIMARY KEY (room_number, user_id)
) STRICT, WITHOUT ROWID;
