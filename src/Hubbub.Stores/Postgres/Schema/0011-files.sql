-- Version 11: what people upload; and appends that claim what a message brings.

-- What a message brings, as its event tells of it (a JSON array); null for none. A message that only brings files has one space for its body.
ALTER TABLE hubbub.events ADD COLUMN files text;

CREATE TABLE hubbub.files (
    id           text COLLATE "C" PRIMARY KEY,
    room_id      text COLLATE "C" NOT NULL,
    uploader     text COLLATE "C" NOT NULL,
    uploaded_at  bigint NOT NULL, -- when it was begun
    thumbnail_of text COLLATE "C", -- the id of the picture of which it is a smaller one
    name         text,            -- this and what follows: null until all of it is there
    type         text,
    size         bigint,
    width        integer,
    height       integer,
    message      bigint,          -- the sequence of the message that brings it; null while it waits for one
    gone         boolean NOT NULL DEFAULT false -- nobody is given it any more, and its bytes are to be deleted
);

CREATE INDEX files_waiting ON hubbub.files (uploader, uploaded_at) WHERE message IS NULL AND NOT gone;
CREATE INDEX files_by_message ON hubbub.files (room_id, message) WHERE message IS NOT NULL;
CREATE INDEX files_by_picture ON hubbub.files (thumbnail_of) WHERE thumbnail_of IS NOT NULL;
CREATE INDEX files_gone ON hubbub.files (id) WHERE gone;

-- The bytes: pieces of 256 KiB, from 0; only the last may be smaller.
CREATE TABLE hubbub.file_pieces (
    file_id text COLLATE "C" NOT NULL REFERENCES hubbub.files (id) ON DELETE CASCADE,
    piece   integer NOT NULL,
    bytes   bytea NOT NULL,
    PRIMARY KEY (file_id, piece)
);

-- What is uploaded is mostly compressed already.
ALTER TABLE hubbub.file_pieces ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- A message that is erased gives up what it brought, whichever version of hubbub erases it.
CREATE FUNCTION hubbub.give_up_files()
RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE hubbub.files file SET gone = true WHERE file.room_id = NEW.room_id AND file.message = NEW.sequence;
    NEW.files := NULL;
    RETURN NEW;
END
$$;

CREATE TRIGGER give_up_files BEFORE UPDATE OF body ON hubbub.events
    FOR EACH ROW WHEN (OLD.files IS NOT NULL AND NEW.body = '') EXECUTE FUNCTION hubbub.give_up_files();

-- As the function of version 8, which nodes of the version before still call, with files. See version 2 for the order of the locks.
CREATE FUNCTION hubbub.append(
    -- One element a room; the last five are null where the batch does not create it.
    room_ids           text[],
    new_epochs         bigint[],
    new_names          text[],
    new_visibilities   smallint[],
    new_consistencies  smallint[],
    new_created_ats    bigint[],
    -- One element a draft.
    draft_rooms        integer[],  -- which of room_ids, from 1
    draft_sent_ats     bigint[],
    draft_sender_ids   text[],
    draft_sender_names text[],
    draft_keys         text[],
    draft_types        text[],
    draft_bodies       text[],
    draft_targets      bigint[],
    draft_reply_tos    bigint[],
    draft_mentions     text[],
    draft_files        text[],
    -- What the draft changes besides the log: 0 nothing, 1 creates the room, 2 renames it, 3 joins, 4 leaves, 5 removes, 6 edits a message, 7 deletes one,
    -- 8 reacts to one, 9 no longer, 10 is a message that keeps the pace of a slow room, 11 pins one, 12 no longer, 13 sets the topic, 14 archives, 15 no longer,
    -- 16 sets the slow mode, 17 changes a member's role, 18 mutes somebody, 19 no longer
    draft_changes      smallint[],
    subject_ids        text[],     -- of 1, 3, 4, 5, 17, 18, 19: the member; of 8, 9: who reacts; of 10: the sender
    subject_names      text[],     -- of 1, 3, 5, 17: the member's name; of 2: the room's; of 8, 9: the emoji; of 13: the topic
    subject_roles      smallint[], -- of 1, 3, 17
    subject_numbers    bigint[]    -- of 8: how many emoji a message may have; of 11: how many pins a room may have; of 16: the seconds; of 18: until when
)
-- One row a draft, in order. Outcome: 0 appended, 1 key known (with the original in original_*), 2 unchanged, 3 room exists, 4 no such room,
-- 5 no such message, 6 too early (with the milliseconds to wait in event_sequence), 7 too many reactions, 8 too many pins, 9 the last owner, 10 no such member,
-- 11 a file that it may not bring
RETURNS TABLE (
    outcome              smallint,
    event_epoch          bigint,
    event_sequence       bigint,
    original_sent_at     bigint,
    original_sender_name text,
    original_type        text,
    original_body        text,
    original_target      bigint,
    original_reply_to    bigint,
    original_mentions    text,
    original_files       text
)
LANGUAGE plpgsql AS $$
DECLARE
    epochs      bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(room_ids)]);
    heads       bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(room_ids)]);
    grown       boolean[] := array_fill(false, ARRAY[cardinality(room_ids)]);
    found_epoch bigint;
    found_head  bigint;
    r           integer;
    change      smallint;
    verdict     bigint;
    brought     text[];
    are_free    bigint;
BEGIN
    FOR r IN 1 .. cardinality(room_ids) LOOP
        IF new_epochs[r] IS NOT NULL THEN
            -- Waits for another node that is creating it just now; head 0 says below that it is new here.
            INSERT INTO hubbub.rooms AS room (id, epoch, head, name, visibility, consistency, created_at)
            VALUES (room_ids[r], new_epochs[r], 0, new_names[r], new_visibilities[r], new_consistencies[r], new_created_ats[r])
            ON CONFLICT (id) DO NOTHING;
        END IF;
        SELECT room.epoch, room.head INTO found_epoch, found_head
        FROM hubbub.rooms room WHERE room.id = room_ids[r] FOR NO KEY UPDATE;
        epochs[r] := found_epoch; -- null, as the head, if there is no such room
        heads[r] := found_head;
    END LOOP;

    FOR d IN 1 .. cardinality(draft_rooms) LOOP
        r := draft_rooms[d];
        change := draft_changes[d];
        event_epoch := epochs[r];
        event_sequence := NULL;
        original_sent_at := NULL;
        original_sender_name := NULL;
        original_type := NULL;
        original_body := NULL;
        original_target := NULL;
        original_reply_to := NULL;
        original_mentions := NULL;
        original_files := NULL;
        brought := NULL;

        IF change = 1 AND heads[r] > 0 THEN
            outcome := 3;
            RETURN NEXT;
            CONTINUE;
        ELSIF change <> 1 AND coalesce(heads[r], 0) = 0 THEN
            outcome := 4;
            RETURN NEXT;
            CONTINUE;
        END IF;

        verdict := 0;
        IF change >= 3 THEN
            verdict := hubbub.judge(
                room_ids[r], change, draft_targets[d], subject_ids[d], subject_names[d], subject_roles[d], subject_numbers[d], draft_sent_ats[d]);
        END IF;

        -- In one order, so that nobody who locks several of them waits for one who waits for us.
        IF draft_files[d] IS NOT NULL THEN
            SELECT array_agg(entry ->> 'id') INTO brought FROM jsonb_array_elements(draft_files[d]::jsonb) entry;
            PERFORM FROM hubbub.files file
            WHERE file.id = ANY (brought) AND file.room_id = room_ids[r] AND file.uploader = draft_sender_ids[d] AND file.size IS NOT NULL
                AND file.message IS NULL AND NOT file.gone AND file.thumbnail_of IS NULL
            ORDER BY file.id FOR UPDATE;
            GET DIAGNOSTICS are_free = ROW_COUNT;
            IF verdict = 0 AND are_free <> cardinality(brought) THEN
                verdict := 11;
            END IF;
        END IF;

        -- A known key is no error but no row, so that a new post, which is nearly every one, needs no look-up of its key before.
        IF verdict = 0 THEN
            INSERT INTO hubbub.events AS event (room_id, sequence, sent_at, sender_id, sender_name, key, type, body, target, reply_to, mentions, files)
            VALUES (
                room_ids[r], heads[r] + 1, draft_sent_ats[d], draft_sender_ids[d], draft_sender_names[d], draft_keys[d], draft_types[d], draft_bodies[d],
                draft_targets[d], draft_reply_tos[d], draft_mentions[d], draft_files[d])
            ON CONFLICT (room_id, sender_id, key) WHERE key IS NOT NULL DO NOTHING;
        END IF;
        IF verdict <> 0 OR NOT FOUND THEN
            outcome := CASE WHEN verdict < 0 THEN 6 WHEN verdict = 0 THEN 2 ELSE verdict END;
            event_sequence := CASE WHEN verdict < 0 THEN -verdict END;
            IF draft_keys[d] IS NOT NULL THEN
                SELECT event.sequence, event.sent_at, event.sender_name, event.type, event.body, event.target, event.reply_to, event.mentions, event.files
                INTO event_sequence, original_sent_at, original_sender_name, original_type, original_body, original_target, original_reply_to, original_mentions, original_files
                FROM hubbub.events event
                WHERE event.room_id = room_ids[r] AND event.sender_id = draft_sender_ids[d] AND event.key = draft_keys[d];
                IF FOUND THEN
                    outcome := 1;
                ELSE
                    event_sequence := CASE WHEN verdict < 0 THEN -verdict END;
                END IF;
            END IF;
            RETURN NEXT;
            CONTINUE;
        END IF;

        heads[r] := heads[r] + 1;
        grown[r] := true;
        outcome := 0;
        event_sequence := heads[r];
        RETURN NEXT;

        IF brought IS NOT NULL THEN
            UPDATE hubbub.files file SET message = heads[r]
            WHERE file.id = ANY (brought) OR (file.thumbnail_of = ANY (brought) AND file.size IS NOT NULL AND file.message IS NULL AND NOT file.gone);
        END IF;

        IF change <> 0 THEN
            PERFORM hubbub.project(
                room_ids[r], change, draft_targets[d], subject_ids[d], subject_names[d], subject_roles[d], subject_numbers[d], draft_sent_ats[d]);
        END IF;
    END LOOP;

    FOR r IN 1 .. cardinality(room_ids) LOOP
        IF grown[r] THEN
            UPDATE hubbub.rooms room SET head = heads[r] WHERE room.id = room_ids[r];
        END IF;
    END LOOP;
END
$$;
