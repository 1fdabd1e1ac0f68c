-- Which other orders were applied today is asked by the time they were prepared, and not by their kind: of one kind and
-- currency there are more each day. The time as its text, which begins with the date.

CREATE INDEX progress_prepared ON monitor.progress ((message ->> 'at')) WHERE message ->> 'state' = 'PREPARED';

DROP INDEX monitor.workflow_facts_orders;
