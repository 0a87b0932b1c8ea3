-- Version 9: who has an account because another place says who they are.
CREATE TABLE hubbub.identities (
    issuer  text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (issuer, subject)
);
