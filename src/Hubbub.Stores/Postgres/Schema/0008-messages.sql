-- Version 8: what an event says of a message, beside its body; and appends that judge and keep more than before.

ALTER TABLE hubbub.events
    ADD COLUMN target   bigint, -- the sequence of the message that the event concerns; of a message that of the message in whose thread it stands
    ADD COLUMN reply_to bigint, -- the sequence of the message that a message answers
    ADD COLUMN mentions text;   -- user ids and @room, with a space between

-- All three are null in the row of a plain message.
UPDATE hubbub.events SET target = substring(body FROM '^{"message":([0-9]{1,18})[,}]')::bigint
WHERE type IN ('message_edited', 'message_deleted');

CREATE INDEX events_by_target ON hubbub.events (room_id, target, sequence) WHERE target IS NOT NULL;

-- A deletion erases what was said, in the message and in its edits; also what was deleted before this version.
UPDATE hubbub.events event SET body = ''
FROM hubbub.events deletion
WHERE event.type = 'message' AND deletion.type = 'message_deleted' AND deletion.room_id = event.room_id AND deletion.target = event.sequence;

UPDATE hubbub.events event SET body = '{"message":' || event.target || '}'
FROM hubbub.events deletion
WHERE event.type = 'message_edited' AND deletion.type = 'message_deleted' AND deletion.room_id = event.room_id AND deletion.target = event.target;

-- Who has reacted how to which message, by what the log says so far; gone with the message.
CREATE TABLE hubbub.reactions (
    room_id text COLLATE "C" NOT NULL,
    message bigint NOT NULL, -- its sequence
    emoji   text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    since   bigint NOT NULL,
    PRIMARY KEY (room_id, message, emoji, user_id)
);

-- Whether a draft that changes something besides the log may be appended, under the lock of its room: 0 if so, else the outcome that stands
-- in its place; below 0, the milliseconds that its sender has to wait. The numbers are those of hubbub.append.
CREATE FUNCTION hubbub.judge(
    in_room text, change smallint, about bigint, subject_id text, subject_name text, subject_role smallint, subject_number bigint, at bigint
)
RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    known    boolean;
    standing smallint;
    life     hubbub.rooms;
BEGIN
    IF change IN (3, 4, 5) THEN
        -- Known without a role: removed. Unknown: no member, and never removed.
        SELECT member.role INTO standing FROM hubbub.members member WHERE member.room_id = in_room AND member.user_id = subject_id;
        known := FOUND;
        RETURN CASE
            WHEN change = 3 AND known AND standing IS NOT DISTINCT FROM subject_role THEN 2
            WHEN change = 4 AND standing IS NULL THEN 2
            WHEN change = 5 AND known AND standing IS NULL THEN 2
            ELSE 0
        END;
    END IF;
    IF change IN (6, 8, 11) THEN
        PERFORM FROM hubbub.events event WHERE event.room_id = in_room AND event.sequence = about AND event.type = 'message' AND event.body = '';
        IF FOUND THEN
            RETURN 5;
        END IF;
    END IF;
    IF change IN (8, 9) THEN
        PERFORM FROM hubbub.reactions reaction
        WHERE reaction.room_id = in_room AND reaction.message = about AND reaction.emoji = subject_name AND reaction.user_id = subject_id;
        IF FOUND = (change = 8) THEN
            RETURN 2;
        END IF;
    END IF;
    IF change = 8 THEN
        PERFORM FROM hubbub.reactions reaction WHERE reaction.room_id = in_room AND reaction.message = about AND reaction.emoji = subject_name;
        IF NOT FOUND AND subject_number <= (
                SELECT count(DISTINCT reaction.emoji) FROM hubbub.reactions reaction WHERE reaction.room_id = in_room AND reaction.message = about) THEN
            RETURN 7;
        END IF;
    END IF;
    IF change = 10 THEN
        -- A paced message: the milliseconds that are left, if there are some.
        RETURN least(0, (
            SELECT at - paced.sent_at - room.slow_mode * 1000::bigint
            FROM hubbub.rooms room JOIN hubbub.paced paced ON paced.room_id = room.id AND paced.user_id = subject_id
            WHERE room.id = in_room));
    ELSIF change IN (11, 12) THEN
        PERFORM FROM hubbub.pins pin WHERE pin.room_id = in_room AND pin.message = about;
        IF FOUND = (change = 11) THEN
            RETURN 2;
        ELSIF change = 11 AND subject_number <= (SELECT count(*) FROM hubbub.pins pin WHERE pin.room_id = in_room) THEN
            RETURN 8;
        END IF;
    ELSIF change = 17 THEN
        SELECT member.role INTO standing FROM hubbub.members member WHERE member.room_id = in_room AND member.user_id = subject_id;
        IF standing IS NULL THEN
            RETURN 10;
        ELSIF standing = subject_role THEN
            RETURN 2;
        ELSIF standing = 1 AND (SELECT count(*) FROM hubbub.members member WHERE member.room_id = in_room AND member.role = 1) = 1 THEN
            RETURN 9;
        END IF;
    ELSIF change = 19 THEN
        PERFORM FROM hubbub.mutes mute WHERE mute.room_id = in_room AND mute.user_id = subject_id;
        RETURN CASE WHEN FOUND THEN 0 ELSE 2 END;
    ELSIF change IN (13, 14, 15, 16) THEN
        SELECT room.* INTO life FROM hubbub.rooms room WHERE room.id = in_room;
        IF (change = 13 AND life.topic = subject_name) OR (change = 14 AND life.archived) OR (change = 15 AND NOT life.archived)
            OR (change = 16 AND life.slow_mode = subject_number) THEN
            RETURN 2;
        END IF;
    END IF;
    RETURN 0;
END
$$;

-- What a draft that was appended changes besides the log.
CREATE FUNCTION hubbub.project(
    in_room text, change smallint, about bigint, subject_id text, subject_name text, subject_role smallint, subject_number bigint, at bigint
)
RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF change IN (1, 3, 5, 17) THEN
        INSERT INTO hubbub.members AS member (room_id, user_id, user_name, role, since)
        VALUES (in_room, subject_id, subject_name, subject_role, at)
        ON CONFLICT (room_id, user_id) DO UPDATE
        SET user_name = excluded.user_name, role = excluded.role, since = excluded.since;
    ELSIF change = 4 THEN
        DELETE FROM hubbub.members member WHERE member.room_id = in_room AND member.user_id = subject_id;
    ELSIF change = 2 THEN
        UPDATE hubbub.rooms room SET name = subject_name WHERE room.id = in_room;
    ELSIF change = 7 THEN
        UPDATE hubbub.events event SET body = '', mentions = NULL
        WHERE event.room_id = in_room AND event.sequence = about AND event.type = 'message';
        UPDATE hubbub.events event SET body = '{"message":' || about || '}', mentions = NULL
        WHERE event.room_id = in_room AND event.target = about AND event.type = 'message_edited';
        DELETE FROM hubbub.reactions reaction WHERE reaction.room_id = in_room AND reaction.message = about;
        DELETE FROM hubbub.pins pin WHERE pin.room_id = in_room AND pin.message = about;
    ELSIF change = 8 THEN
        INSERT INTO hubbub.reactions (room_id, message, emoji, user_id, since) VALUES (in_room, about, subject_name, subject_id, at);
    ELSIF change = 9 THEN
        DELETE FROM hubbub.reactions reaction
        WHERE reaction.room_id = in_room AND reaction.message = about AND reaction.emoji = subject_name AND reaction.user_id = subject_id;
    ELSIF change = 10 THEN
        INSERT INTO hubbub.paced AS paced (room_id, user_id, sent_at)
        SELECT room.id, subject_id, at FROM hubbub.rooms room WHERE room.id = in_room AND room.slow_mode > 0
        ON CONFLICT (room_id, user_id) DO UPDATE SET sent_at = excluded.sent_at;
    ELSIF change = 11 THEN
        INSERT INTO hubbub.pins (room_id, message) VALUES (in_room, about);
    ELSIF change = 12 THEN
        DELETE FROM hubbub.pins pin WHERE pin.room_id = in_room AND pin.message = about;
    ELSIF change = 13 THEN
        UPDATE hubbub.rooms room SET topic = subject_name WHERE room.id = in_room;
    ELSIF change IN (14, 15) THEN
        UPDATE hubbub.rooms room SET archived = change = 14 WHERE room.id = in_room;
    ELSIF change = 16 THEN
        UPDATE hubbub.rooms room SET slow_mode = subject_number WHERE room.id = in_room;
    ELSIF change = 18 THEN
        INSERT INTO hubbub.mutes (room_id, user_id, until) VALUES (in_room, subject_id, subject_number)
        ON CONFLICT (room_id, user_id) DO UPDATE SET until = excluded.until;
        UPDATE hubbub.rooms room SET muted_until = greatest(room.muted_until, subject_number) WHERE room.id = in_room;
    ELSIF change = 19 THEN
        DELETE FROM hubbub.mutes mute WHERE mute.room_id = in_room AND mute.user_id = subject_id;
    END IF;
END
$$;

-- As the function of version 2, with what is new. See there for the order of the locks.
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
-- 5 no such message, 6 too early (with the milliseconds to wait in event_sequence), 7 too many reactions, 8 too many pins, 9 the last owner, 10 no such member
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
    original_mentions    text
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

        -- A known key is no error but no row, so that a new post, which is nearly every one, needs no look-up of its key before.
        IF verdict = 0 THEN
            INSERT INTO hubbub.events AS event (room_id, sequence, sent_at, sender_id, sender_name, key, type, body, target, reply_to, mentions)
            VALUES (
                room_ids[r], heads[r] + 1, draft_sent_ats[d], draft_sender_ids[d], draft_sender_names[d], draft_keys[d], draft_types[d], draft_bodies[d],
                draft_targets[d], draft_reply_tos[d], draft_mentions[d])
            ON CONFLICT (room_id, sender_id, key) WHERE key IS NOT NULL DO NOTHING;
        END IF;
        IF verdict <> 0 OR NOT FOUND THEN
            outcome := CASE WHEN verdict < 0 THEN 6 WHEN verdict = 0 THEN 2 ELSE verdict END;
            event_sequence := CASE WHEN verdict < 0 THEN -verdict END;
            IF draft_keys[d] IS NOT NULL THEN
                SELECT event.sequence, event.sent_at, event.sender_name, event.type, event.body, event.target, event.reply_to, event.mentions
                INTO event_sequence, original_sent_at, original_sender_name, original_type, original_body, original_target, original_reply_to, original_mentions
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

-- Nodes of the version before call this one. Their edits and deletions say whom they concern in the body alone.
CREATE OR REPLACE FUNCTION hubbub.append(
    room_ids text[], new_epochs bigint[], new_names text[], new_visibilities smallint[], new_consistencies smallint[], new_created_ats bigint[],
    draft_rooms integer[], draft_sent_ats bigint[], draft_sender_ids text[], draft_sender_names text[], draft_keys text[], draft_types text[], draft_bodies text[],
    draft_changes smallint[], subject_ids text[], subject_names text[], subject_roles smallint[]
)
RETURNS TABLE (
    outcome smallint, event_epoch bigint, event_sequence bigint, original_sent_at bigint, original_sender_name text, original_type text, original_body text
)
LANGUAGE sql AS $$
    WITH drafts AS (
        SELECT array_agg(CASE type WHEN 'message_edited' THEN 6 WHEN 'message_deleted' THEN 7 ELSE draft_changes[place] END::smallint ORDER BY place) AS changes,
            array_agg(CASE WHEN type IN ('message_edited', 'message_deleted') THEN substring(draft_bodies[place] FROM '^{"message":([0-9]{1,18})[,}]')::bigint END
                ORDER BY place) AS targets,
            array_agg(NULL::bigint) AS numbers, array_agg(NULL::text) AS texts
        FROM unnest(draft_types) WITH ORDINALITY draft (type, place)
    )
    SELECT CASE WHEN now.outcome > 4 THEN 2 ELSE now.outcome END::smallint,
        now.event_epoch, now.event_sequence, now.original_sent_at, now.original_sender_name, now.original_type, now.original_body
    FROM drafts, hubbub.append(
        room_ids, new_epochs, new_names, new_visibilities, new_consistencies, new_created_ats,
        draft_rooms, draft_sent_ats, draft_sender_ids, draft_sender_names, draft_keys, draft_types, draft_bodies, drafts.targets, drafts.numbers, drafts.texts,
        drafts.changes, subject_ids, subject_names, subject_roles, drafts.numbers) now
$$;
