-- What people hold against messages, and what was decided about that.
CREATE TABLE hubbub.reports (
    room_id       text COLLATE "C" NOT NULL,
    id            text COLLATE "C" NOT NULL,
    message       bigint           NOT NULL, -- its sequence
    reporter_id   text COLLATE "C" NOT NULL,
    reporter_name text             NOT NULL,
    reason        text             NOT NULL,
    made_at       bigint           NOT NULL,
    resolution    smallint,                  -- NULL waits, 0 kept, 1 deleted
    resolved_by   text COLLATE "C",
    resolved_at   bigint,
    PRIMARY KEY (room_id, id)
);

-- Each person has one report of a message that waits.
CREATE UNIQUE INDEX reports_waiting ON hubbub.reports (room_id, message, reporter_id) WHERE resolution IS NULL;

CREATE INDEX reports_by_reporter ON hubbub.reports (reporter_id, made_at);
