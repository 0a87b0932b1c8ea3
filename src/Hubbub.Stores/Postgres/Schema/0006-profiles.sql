-- Version 6: what people show of themselves, when they were seen, and whom they have blocked.
CREATE TABLE hubbub.profiles (
    user_id    text COLLATE "C" PRIMARY KEY,
    name       text   NOT NULL, -- as it was when they were last seen; of an account the account's is the true one
    color      text,            -- #rrggbb
    last_seen  bigint NOT NULL,
    live_until bigint NOT NULL
) WITH (fillfactor = 70); -- changed each minute while somebody is connected

CREATE INDEX profiles_by_last_seen ON hubbub.profiles (last_seen);

CREATE TABLE hubbub.avatars (
    user_id    text COLLATE "C" PRIMARY KEY,
    hash       text COLLATE "C" NOT NULL,
    media_type text  NOT NULL,
    bytes      bytea NOT NULL
);

CREATE INDEX avatars_by_hash ON hubbub.avatars (hash);

CREATE TABLE hubbub.blocks (
    user_id    text COLLATE "C" NOT NULL,
    blocked_id text COLLATE "C" NOT NULL,
    since      bigint NOT NULL,
    PRIMARY KEY (user_id, blocked_id)
);
