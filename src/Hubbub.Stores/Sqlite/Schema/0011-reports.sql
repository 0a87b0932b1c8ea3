-- Version 11: what people hold against messages, and what was decided about that.

CREATE TABLE reports (
    room_number   INTEGER NOT NULL,
    id            TEXT    NOT NULL,
    message       INTEGER NOT NULL, -- its sequence
    reporter_id   TEXT    NOT NULL,
    reporter_name TEXT    NOT NULL,
    reason        TEXT    NOT NULL,
    made_at       INTEGER NOT NULL,
    resolution    INTEGER,          -- NULL waits, 0 kept, 1 deleted
    resolved_by   TEXT,
    resolved_at   INTEGER,
    PRIMARY KEY (room_number, id)
) STRICT, WITHOUT ROWID;

-- Each person has one report of a message that waits.
CREATE UNIQUE INDEX reports_waiting ON reports (room_number, message, reporter_id) WHERE resolution IS NULL;

CREATE INDEX reports_by_reporter ON reports (reporter_id, made_at);
