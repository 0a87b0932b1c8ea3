-- Version 10: which rooms somebody does not want to see in their list until something new is said there.

CREATE TABLE hidden_rooms (
    room_number INTEGER NOT NULL,
    user_id     TEXT    NOT NULL,
    up_to       INTEGER NOT NULL, -- the sequence beyond which the room is listed again
    PRIMARY KEY (room_number, user_id)
) STRICT, WITHOUT ROWID;
