-- An approved change of the configuration may wait for its effective date.

ALTER TABLE executor.todo DROP CONSTRAINT todo_task_known;
ALTER TABLE executor.todo ADD CONSTRAINT todo_task_known CHECK (task IN ('MUREX', 'POST', 'CONFIGURE'));
COMMENT ON TABLE executor.todo IS 'Due work: MUREX looks after deals without an answer, POST posts the journal, CONFIGURE makes an approved change of the configuration on its day.';
