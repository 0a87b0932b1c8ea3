-- Version 7: who may not write in a room for a time. Roles have two more numbers: 2 reader, 3 moderator.

ALTER TABLE rooms ADD COLUMN muted_until INTEGER; -- when the last of those who were ever muted may write again

CREATE TABLE mutes (
    room_number INTEGER NOT NULL,
    user_id     TEXT    NOT NULL,
    until       INTEGER NOT NULL,
    PRIMARY KEY (room_number, user_id)
) STRICT, WITHOUT ROWID;
