-- Which rooms somebody does not want to see in their list until something new is said there.
CREATE TABLE hubbub.hidden_rooms (
    room_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    up_to   bigint           NOT NULL, -- the sequence beyond which the room is listed again
    PRIMARY KEY (room_id, user_id)
);
