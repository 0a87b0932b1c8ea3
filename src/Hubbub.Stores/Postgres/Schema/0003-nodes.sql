-- Version 3: the nodes of the cluster, a leased row each. Leases run by this server's clock, so that the nodes' own need not agree.
CREATE TABLE hubbub.nodes (
    id          text COLLATE "C" PRIMARY KEY,
    address     text        NOT NULL,
    connections integer     NOT NULL,
    capacity    integer     NOT NULL,
    state       smallint    NOT NULL, -- 0 up, 1 draining
    lease_until timestamptz NOT NULL
);
