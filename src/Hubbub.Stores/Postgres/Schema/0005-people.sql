-- Version 5: people: accounts, the names that are theirs alone, and what has changed about somebody since their tokens were made.
CREATE TABLE hubbub.accounts (
    user_id       text COLLATE "C" PRIMARY KEY,
    name          text   NOT NULL,
    handle        text,
    password_hash text   NOT NULL,
    generation    bigint NOT NULL, -- a token of a lower one counts no more
    created_at    bigint NOT NULL
);

-- Every name and handle, folded: each is one account's.
CREATE TABLE hubbub.account_names (
    key     text COLLATE "C" PRIMARY KEY,
    user_id text COLLATE "C" NOT NULL
);

-- The latest change about each user, with or without an account. Who writes here holds one advisory lock until the commit: so no number is seen before all lower ones, and nodes may ask for
-- what is above the last that they know.
CREATE TABLE hubbub.amendments (
    number     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id    text COLLATE "C" NOT NULL UNIQUE,
    generation bigint NOT NULL,
    name       text,            -- NULL: as the tokens say
    expires_at bigint NOT NULL
);

CREATE INDEX amendments_by_expiry ON hubbub.amendments (expires_at);
