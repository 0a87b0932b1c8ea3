-- Version 10: the search index. It follows the log from outside, in tables of its own, so that an append locks nothing here and waits for nothing; what it holds can be made anew from the log.

-- How far the log of each room is followed.
CREATE TABLE hubbub.search_rooms (
    room_id  text COLLATE "C" PRIMARY KEY,
    epoch    bigint NOT NULL,
    sequence bigint NOT NULL
);

-- The messages as they stand, with their words and facts. The words are made by the nodes, one way for all stores; here they are only compared.
CREATE TABLE hubbub.search_messages (
    room_id     text COLLATE "C" NOT NULL,
    sequence    bigint   NOT NULL,
    sent_at     bigint   NOT NULL,
    sender_id   text COLLATE "C" NOT NULL,
    sender_name text     NOT NULL,
    body        text     NOT NULL,
    has_file    boolean  NOT NULL,
    terms       tsvector NOT NULL,
    PRIMARY KEY (room_id, sequence)
);

-- Every search reads the list of what is yet to be sorted in to its end, so the list is short: at most so many KB.
CREATE INDEX search_by_terms ON hubbub.search_messages USING gin (terms) WITH (gin_pending_list_limit = 256);

-- Of frequent words the newest are found by this one.
CREATE INDEX search_by_time ON hubbub.search_messages (sent_at, sequence, room_id);
