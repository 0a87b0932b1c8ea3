-- Version 4: what else a node says of itself, and what it was asked to do. Nodes of the version before write rows without them.
ALTER TABLE hubbub.nodes
    ADD COLUMN is_reachable boolean NOT NULL DEFAULT false,
    ADD COLUMN rooms        integer NOT NULL DEFAULT 0,
    ADD COLUMN posted       bigint  NOT NULL DEFAULT 0,
    ADD COLUMN drain_asked  boolean NOT NULL DEFAULT false;
