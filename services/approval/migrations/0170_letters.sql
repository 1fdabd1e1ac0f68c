-- The dead letters there are, as hawk.deadletters tells of them: a replay of any other is refused.

CREATE TABLE approval.letters (
    letter     text        NOT NULL,
    refused_at timestamptz NOT NULL,
    CONSTRAINT letters_pkey PRIMARY KEY (letter)
);
