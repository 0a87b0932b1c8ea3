-- Version 9: who may not write in a room for a time. Roles have two more numbers: 2 reader, 3 moderator.

ALTER TABLE hubbub.rooms ADD COLUMN muted_until bigint; -- when the last of those who were ever muted may write again

CREATE TABLE hubbub.mutes (
    room_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    until   bigint NOT NULL,
    PRIMARY KEY (room_id, user_id)
);

-- As in version 8, with what is new. Drafts that change more: 17 changes a member's role (subject_roles), 18 mutes somebody (until subject_numbers), 19 no longer.
-- Outcomes: 9 the last owner, 10 no such member.
CREATE OR REPLACE FUNCTION hubbub.judge(
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

CREATE OR REPLACE FUNCTION hubbub.project(
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
