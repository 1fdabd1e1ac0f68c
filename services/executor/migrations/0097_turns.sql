-- Workflows in flight, counted for all executors: each holds one of so many numbers, so two that begin at the same moment
-- cannot take the same one. Taken and given back in the transaction that records why.
CREATE TABLE executor.slots (
    slot        integer NOT NULL,
    workflow_id text NOT NULL,
    taken_at    timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT slots_pkey PRIMARY KEY (slot),
    CONSTRAINT slots_workflow_once UNIQUE (workflow_id),
    CONSTRAINT slots_from_one CHECK (slot > 0)
);
COMMENT ON TABLE executor.slots IS 'The workflows in flight: prepared, and neither completed nor undone nor with a person.';
ALTER TABLE executor.slots OWNER TO hawk_owner;
GRANT SELECT, INSERT, DELETE ON executor.slots TO hawk_executor;
GRANT SELECT ON executor.slots TO hawk_reader;

-- Approved plans that wait for a slot are due work of their own, in the order of their grants.
ALTER TABLE executor.todo DROP CONSTRAINT todo_task_known;
ALTER TABLE executor.todo ADD CONSTRAINT todo_task_known CHECK (task IN ('MUREX', 'POST', 'CONFIGURE', 'APPLY'));
COMMENT ON TABLE executor.todo IS
    'Due work of executions: MUREX looks after deals without an answer, POST posts the journal, CONFIGURE changes the configuration, APPLY waits for a slot.';
CREATE INDEX todo_turns ON executor.todo (due_at, workflow_id) WHERE task = 'APPLY';
