-- The search index: a file of its own beside the store, so that it and the posts never wait for each other. Nothing in it is the truth; whatever does not fit is thrown away and made anew from the log.

CREATE TABLE rooms (
    number   INTEGER PRIMARY KEY,
    id       TEXT    NOT NULL UNIQUE,
    epoch    INTEGER NOT NULL, -- the life of the log that is followed,
    sequence INTEGER NOT NULL  -- and how far
) STRICT;

-- The messages as they stand. The text is kept, since a word leaves the index only by it: once a message is deleted, the store does not have its text any more.
CREATE TABLE messages (
    id          INTEGER PRIMARY KEY, -- the newest has the highest: Unix milliseconds, and below them 20 bits of the sequence (or the next that is free)
    room_number INTEGER NOT NULL,
    sequence    INTEGER NOT NULL,
    sender_id   TEXT    NOT NULL,
    sender_name TEXT    NOT NULL,
    sent_at     INTEGER NOT NULL,
    text        TEXT    NOT NULL,
    has_file    INTEGER NOT NULL -- 1 if so
) STRICT;

CREATE UNIQUE INDEX messages_by_place ON messages (room_number, sequence);

-- The words of a message and its facts, by the message's id. The words are made by SearchWords and hold no space; here they are only told apart and compared.
CREATE VIRTUAL TABLE terms USING fts5 (words, content = '', tokenize = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S*'");

-- What is deleted is removed and overwritten, not only marked.
INSERT INTO terms (terms, rank) VALUES ('secure-delete', 1);
