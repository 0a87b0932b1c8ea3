-- Version 9: what people upload. The bytes stand in files of their own beside the database; see FileFolder.cs.

-- What a message brings, as its event tells of it (a JSON array); NULL for none. A message that only brings files has one space for its body.
ALTER TABLE events ADD COLUMN files TEXT;

CREATE TABLE files (
    id           TEXT    NOT NULL PRIMARY KEY,
    room_number  INTEGER NOT NULL,
    uploader     TEXT    NOT NULL,
    uploaded_at  INTEGER NOT NULL, -- when it was begun
    thumbnail_of TEXT,             -- the id of the picture of which it is a smaller one
    name         TEXT,             -- this and what follows: NULL until all of it is there
    type         TEXT,
    size         INTEGER,
    width        INTEGER,
    height       INTEGER,
    message      INTEGER,          -- the sequence of the message that brings it; NULL while it waits for one
    gone         INTEGER NOT NULL DEFAULT 0 -- 1: nobody is given it any more, and its bytes are to be deleted
) STRICT, WITHOUT ROWID;

CREATE INDEX files_waiting ON files (uploader, uploaded_at) WHERE message IS NULL AND gone = 0;
CREATE INDEX files_by_message ON files (room_number, message) WHERE message IS NOT NULL;
CREATE INDEX files_by_picture ON files (thumbnail_of) WHERE thumbnail_of IS NOT NULL;
CREATE INDEX files_gone ON files (gone) WHERE gone = 1;
