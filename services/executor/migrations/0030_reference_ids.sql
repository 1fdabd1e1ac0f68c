-- The ids (`<feed>:<ce_id>`) under which messages of hawk.reference were taken, so that another message under the same id is noticed.

CREATE TABLE executor.reference_ids (
    message_id  text        NOT NULL,
    sha256      text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reference_ids_pkey PRIMARY KEY (message_id)
);

REVOKE UPDATE, DELETE ON executor.reference_ids FROM hawk_executor;
