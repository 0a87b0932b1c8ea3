-- Version 2: a batch is appended by one call, so that it is one round trip and no lock is ever held while a packet is on its way.
--
-- The rooms of the batch come once each, ascending by bytes, and are locked in that order: two batches that share rooms meet at the
-- first of them and never wait for each other crosswise. From there on nobody else appends to these rooms, which is why the sequences have
-- no holes and a key is looked up but once. The lock ends with the commit, so whoever sees 6 can read 5.
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
    -- What the draft changes besides the log: 0 nothing, 1 creates the room, 2 renames it, 3 joins, 4 leaves, 5 removes
    draft_changes      smallint[],
    subject_ids        text[],     -- of 1, 3, 4, 5: the member
    subject_names      text[],     -- of 1, 3, 5: the member's name; of 2: the room's
    subject_roles      smallint[]  -- of 1, 3
)
-- One row a draft, in order. Outcome: 0 appended, 1 key known (with the original in original_*), 2 unchanged, 3 room exists, 4 no such room
RETURNS TABLE (
    outcome              smallint,
    event_epoch          bigint,
    event_sequence       bigint,
    original_sent_at     bigint,
    original_sender_name text,
    original_type        text,
    original_body        text
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
    known       boolean;
    standing    smallint;
    is_so       boolean;
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

        IF change = 1 AND heads[r] > 0 THEN
            outcome := 3;
            RETURN NEXT;
            CONTINUE;
        ELSIF change <> 1 AND coalesce(heads[r], 0) = 0 THEN
            outcome := 4;
            RETURN NEXT;
            CONTINUE;
        END IF;

        is_so := false;
        IF change >= 3 THEN
            -- Known without a role: removed. Unknown: no member, and never removed.
            SELECT member.role INTO standing FROM hubbub.members member
            WHERE member.room_id = room_ids[r] AND member.user_id = subject_ids[d];
            known := FOUND;
            is_so := CASE change
                WHEN 3 THEN known AND standing IS NOT DISTINCT FROM subject_roles[d]
                WHEN 4 THEN standing IS NULL
                ELSE known AND standing IS NULL
            END;
        END IF;

        -- A known key is no error but no row, so that a new post, which is nearly every one, needs no look-up of its key before.
        IF NOT is_so THEN
            INSERT INTO hubbub.events AS event (room_id, sequence, sent_at, sender_id, sender_name, key, type, body)
            VALUES (room_ids[r], heads[r] + 1, draft_sent_ats[d], draft_sender_ids[d], draft_sender_names[d], draft_keys[d], draft_types[d], draft_bodies[d])
            ON CONFLICT (room_id, sender_id, key) WHERE key IS NOT NULL DO NOTHING;
        END IF;
        IF is_so OR NOT FOUND THEN
            outcome := 2;
            IF draft_keys[d] IS NOT NULL THEN
                SELECT event.sequence, event.sent_at, event.sender_name, event.type, event.body
                INTO event_sequence, original_sent_at, original_sender_name, original_type, original_body
                FROM hubbub.events event
                WHERE event.room_id = room_ids[r] AND event.sender_id = draft_sender_ids[d] AND event.key = draft_keys[d];
                IF FOUND THEN
                    outcome := 1;
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

        -- The directory's part.
        IF change IN (1, 3, 5) THEN
            INSERT INTO hubbub.members AS member (room_id, user_id, user_name, role, since)
            VALUES (room_ids[r], subject_ids[d], subject_names[d], subject_roles[d], draft_sent_ats[d])
            ON CONFLICT (room_id, user_id) DO UPDATE
            SET user_name = excluded.user_name, role = excluded.role, since = excluded.since;
        ELSIF change = 4 THEN
            DELETE FROM hubbub.members member WHERE member.room_id = room_ids[r] AND member.user_id = subject_ids[d];
        ELSIF change = 2 THEN
            UPDATE hubbub.rooms room SET name = subject_names[d] WHERE room.id = room_ids[r];
        END IF;
    END LOOP;

    FOR r IN 1 .. cardinality(room_ids) LOOP
        IF grown[r] THEN
            UPDATE hubbub.rooms room SET head = heads[r] WHERE room.id = room_ids[r];
        END IF;
    END LOOP;
END
$$;
