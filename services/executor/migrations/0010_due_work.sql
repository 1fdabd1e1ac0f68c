-- The executor's own tables: due work, the workflows in flight, and how far it has read.

-- Work that falls due at a time, without a message. Written in the transaction of the events that make it due; one row
-- per workflow and task.
CREATE TABLE executor.todo (
    workflow_id text NOT NULL,
    task text NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (workflow_id, task),
    CONSTRAINT todo_task_known CHECK (task IN ('MUREX', 'POST', 'CONFIGURE', 'APPLY'))
);
COMMENT ON TABLE executor.todo IS
    'Due work of executions: MUREX looks after deals without an answer, POST posts the journal, CONFIGURE changes the configuration, APPLY waits for a slot.';
CREATE INDEX todo_due ON executor.todo (due_at);
-- Approved plans that wait for a slot, in the order of their grants.
CREATE INDEX todo_turns ON executor.todo (due_at, workflow_id) WHERE task = 'APPLY';

-- Workflows in flight, counted for all executors: each holds one of so many numbers, and two that begin at one moment
-- cannot take one number. Taken and given back in the transaction that records why.
CREATE TABLE executor.slots (
    slot        integer NOT NULL,
    workflow_id text NOT NULL,
    taken_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT slots_pkey PRIMARY KEY (slot),
    CONSTRAINT slots_workflow_once UNIQUE (workflow_id),
    CONSTRAINT slots_from_one CHECK (slot > 0)
);
COMMENT ON TABLE executor.slots IS 'The workflows in flight: prepared, and neither completed nor undone nor with a person.';

-- The ids (`<feed>:<ce_id>`) under which messages of hawk.reference were taken, so that another message under the same
-- id is noticed. The executor reads and adds, and takes nothing away.
CREATE TABLE executor.reference_ids (
    message_id  text        NOT NULL,
    sha256      text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reference_ids_pkey PRIMARY KEY (message_id)
);
REVOKE UPDATE, DELETE ON executor.reference_ids FROM hawk_executor;

-- The time, by the clock of this database, up to which every message of a partition of hawk.murex.answers was handled.
-- Written about once a second by the member of the group that holds it, for each partition that the topic has; shared by
-- all executors. A deal is silent only when the oldest of these times has passed its deadline too.
CREATE TABLE executor.answers_watermark (
    partition    integer NOT NULL,
    caught_up_at timestamptz,
    CONSTRAINT answers_watermark_pkey PRIMARY KEY (partition)
);
COMMENT ON TABLE executor.answers_watermark IS 'The time up to which each partition of hawk.murex.answers was read to its end. NULL: never.';

-- An auditor may see what is due and in flight: `hawk verify --quiet` asks whether any work is left.
GRANT USAGE ON SCHEMA executor TO hawk_reader;
GRANT SELECT ON executor.todo, executor.slots TO hawk_reader;
