-- Version 5: what an event says of a message, beside its body. All three are NULL in the row of a plain message.

ALTER TABLE events ADD COLUMN target INTEGER;   -- the sequence of the message that the event concerns; of a message that of the message in whose thread it stands
ALTER TABLE events ADD COLUMN reply_to INTEGER; -- the sequence of the message that a message answers
ALTER TABLE events ADD COLUMN mentions TEXT;    -- user ids and @room, with a space between

UPDATE events SET target = json_extract(body, '$.message')
WHERE type IN ('message_edited', 'message_deleted') AND json_valid(body) AND json_type(body, '$.message') = 'integer';

CREATE INDEX events_by_target ON events (room_number, target) WHERE target IS NOT NULL;

-- A deletion erases what was said, in the message and in its edits; also what was deleted before this version.
UPDATE events SET body = CASE type WHEN 'message' THEN '' ELSE '{"message":' || target || '}' END
WHERE type = 'message' AND EXISTS (
        SELECT 1 FROM events d WHERE d.room_number = events.room_number AND d.target = events.sequence AND d.type = 'message_deleted')
    OR type = 'message_edited' AND EXISTS (
        SELECT 1 FROM events d WHERE d.room_number = events.room_number AND d.target = events.target AND d.type = 'message_deleted');

-- Who has reacted how to which message, by what the log says so far; gone with the message.
CREATE TABLE reactions (
    room_number INTEGER NOT NULL,
    message     INTEGER NOT NULL, -- its sequence
    emoji       TEXT    NOT NULL,
    user_id     TEXT    NOT NULL,
    since       INTEGER NOT NULL,
    PRIMARY KEY (room_number, message, emoji, user_id)
) STRICT, WITHOUT ROWID;
