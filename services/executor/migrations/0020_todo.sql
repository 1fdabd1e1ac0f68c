-- What an execution has to do when time has come, with nobody asking: look after silent deals, post the journal.
-- Written in the transaction of the events that make it due; one row per workflow and task.

CREATE TABLE executor.todo (
    workflow_id text NOT NULL,
    task text NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (workflow_id, task),
    CONSTRAINT todo_task_known CHECK (task IN ('MUREX', 'POST'))
);
COMMENT ON TABLE executor.todo IS 'Due work of executions: MUREX looks after deals without an answer, POST posts the journal.';
CREATE INDEX todo_due ON executor.todo (due_at);

ALTER TABLE executor.todo OWNER TO hawk_owner;
GRANT SELECT, INSERT, UPDATE, DELETE ON executor.todo TO hawk_executor;
