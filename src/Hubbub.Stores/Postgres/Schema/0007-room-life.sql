-- Version 7: what else a room is by what its log says so far, and who may not write in it for a time. Roles have two more numbers: 2 reader, 3 moderator.

ALTER TABLE hubbub.rooms
    ADD COLUMN topic     text    NOT NULL DEFAULT '',
    ADD COLUMN archived  boolean NOT NULL DEFAULT false,
    ADD COLUMN slow_mode integer NOT NULL DEFAULT 0, -- seconds between two messages of one member
    ADD COLUMN muted_until bigint; -- when the last of those who were ever muted may write again

CREATE TABLE hubbub.pins (
    room_id text COLLATE "C" NOT NULL,
    message bigint NOT NULL, -- its sequence
    number  bigint GENERATED ALWAYS AS IDENTITY, -- the order of the pins
    PRIMARY KEY (room_id, message)
);

-- When each member said something last, while the room was slow.
CREATE TABLE hubbub.paced (
    room_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    sent_at bigint NOT NULL,
    PRIMARY KEY (room_id, user_id)
);

-- Who may not write for a time.
CREATE TABLE hubbub.mutes (
    room_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    until   bigint NOT NULL,
    PRIMARY KEY (room_id, user_id)
);
