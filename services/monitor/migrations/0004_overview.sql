-- The overview of a hundred thousand workflows: what a line of it says of a workflow stands with the workflow, and each
-- filter has an index. The documents of plans are long and stay where they are.

ALTER TABLE monitor.workflows
    ADD COLUMN subject      jsonb    NOT NULL DEFAULT '{}',
    ADD COLUMN told         smallint NOT NULL DEFAULT 0,
    ADD COLUMN acknowledged smallint NOT NULL DEFAULT 0,
    ADD COLUMN changed_at   timestamptz,
    ADD COLUMN attention    smallint;

COMMENT ON COLUMN monitor.workflows.subject IS 'What is planned, in few words and figures.';
COMMENT ON COLUMN monitor.workflows.told IS 'What the subject is of: 1 a proposal, 2 a refusal, 3 a plan. The highest stands.';
COMMENT ON COLUMN monitor.workflows.acknowledged IS 'Deals that Murex has acknowledged, as hawk.progress counts them.';
COMMENT ON COLUMN monitor.workflows.changed_at IS 'The time of the message of the highest sequence.';
COMMENT ON COLUMN monitor.workflows.attention IS 'Why somebody should look, by that message: 1 a person is needed, 2 the posting waits, 3 it is undone, 4 Murex is to answer; NULL for nothing.';

-- What is known already, from the facts and messages that are kept.
UPDATE monitor.workflows w SET told = f.told, subject = jsonb_build_object(
    'kind', CASE WHEN f.d ->> 'configuration' IS NOT NULL THEN 'configuration' WHEN f.d ->> 'override' IS NOT NULL THEN 'override'
                 WHEN f.d ->> 'reverses' IS NOT NULL THEN 'reversal' ELSE 'hedge' END,
    'instruction_type', f.d -> 'instruction_type', 'nav_type', f.d -> 'nav_type', 'model', f.d -> 'model',
    'currency', f.d -> 'exposure_currency', 'amount', f.d -> 'amount', 'order_id', f.d -> 'order_id',
    'maker', f.d #> '{maker,name}', 'reverses', f.d -> 'reverses', 'table', f.d #> '{configuration,table}',
    'deal', f.d #> '{override,deal_booking_id}',
    'entity_ids', CASE WHEN jsonb_path_exists(f.d, '$.entities[*]') THEN jsonb_path_query_array(f.d, '$.entities[*].entity_id')
                       WHEN f.d ->> 'entity_id' IS NOT NULL THEN jsonb_build_array(f.d -> 'entity_id')
                       ELSE (SELECT coalesce(jsonb_agg(DISTINCT id), '[]') FROM jsonb_path_query(f.d, '$.deals[*].entity_id') id) END,
    'entity_names', jsonb_path_query_array(f.d, '$.entities[*].entity_name'),
    'operations', coalesce(f.d #> '{operations,total}', '0'),
    'stages', coalesce(f.d #> '{operations,stages}', '{}'),
    'deals', jsonb_array_length(coalesce(f.d -> 'deals', '[]')),
    'ledger', CASE WHEN f.d ? 'gl' THEN jsonb_build_object('entries', f.d #> '{gl,entries}', 'lines', f.d #> '{gl,lines}',
                   'IFRS', f.d #> '{gl,IFRS}', 'LOCAL', f.d #> '{gl,LOCAL}') END)
FROM (
    SELECT DISTINCT ON (workflow_id) workflow_id,
           CASE kind WHEN 'plan' THEN 3 WHEN 'refusal' THEN 2 ELSE 1 END AS told,
           document || CASE WHEN jsonb_typeof(document -> 'record') = 'object' THEN document -> 'record' ELSE '{}' END AS d
    FROM monitor.workflow_facts WHERE kind IN ('plan', 'refusal', 'proposal')
    ORDER BY workflow_id, told DESC) f
WHERE f.workflow_id = w.workflow_id;

UPDATE monitor.workflows w SET
    changed_at = (p.message ->> 'at')::timestamptz,
    attention = CASE
        WHEN w.state = 'NEEDS_INTERVENTION' THEN 1
        WHEN w.state IN ('COMPLETED', 'REVERSING') AND p.message ->> 'stage' = '3'
             AND p.message #>> '{stages,3}' = 'IN_PROGRESS' AND p.message ->> 'reason' IS NOT NULL THEN 2
        WHEN w.state IN ('FAILED', 'COMPENSATING') THEN 3
        WHEN w.state IN ('PREPARED', 'BOOKING') THEN 4 END
FROM monitor.progress p WHERE p.workflow_id = w.workflow_id AND p.sequence = w.sequence;

UPDATE monitor.workflows w SET acknowledged = p.deals
FROM (
    SELECT workflow_id, max((regexp_match(message ->> 'status', ' booked in Murex as \S+ \((\d+) of \d+\)$'))[1]::smallint) AS deals
    FROM monitor.progress WHERE message ->> 'status' LIKE 'Deal % booked in Murex as %' GROUP BY workflow_id) p
WHERE p.workflow_id = w.workflow_id AND p.deals IS NOT NULL;

-- Filters. Each list is by time, the newest first, and pages go on after the last line.
ALTER TABLE monitor.workflows
    ADD COLUMN model    text GENERATED ALWAYS AS (subject ->> 'model') STORED,
    ADD COLUMN currency text GENERATED ALWAYS AS (subject ->> 'currency') STORED,
    ADD COLUMN maker    text GENERATED ALWAYS AS (subject ->> 'maker') STORED;

CREATE INDEX workflows_newest ON monitor.workflows (created_at DESC, workflow_id DESC);
CREATE INDEX workflows_of_model ON monitor.workflows (model, created_at DESC, workflow_id DESC);
CREATE INDEX workflows_of_currency ON monitor.workflows (currency, created_at DESC, workflow_id DESC);
CREATE INDEX workflows_of_maker ON monitor.workflows (maker, created_at DESC, workflow_id DESC);
CREATE INDEX workflows_of_entity ON monitor.workflows USING gin ((subject -> 'entity_ids'));
CREATE INDEX workflows_attention ON monitor.workflows (attention, changed_at, workflow_id) WHERE attention IS NOT NULL;

-- By what a workflow is looked for: its id, its response, its order, and what Murex calls its deals. In small letters, by
-- their codes, so that the beginning of a name is found by the index.
CREATE TABLE monitor.names (
    name        text COLLATE "C" NOT NULL,
    workflow_id text NOT NULL,
    CONSTRAINT names_pkey PRIMARY KEY (name, workflow_id)
);

INSERT INTO monitor.names
SELECT DISTINCT lower(left(found.name, 200)), found.workflow_id FROM (
    SELECT workflow_id AS name, workflow_id FROM monitor.workflows
    UNION ALL SELECT response_id, workflow_id FROM monitor.workflows
    UNION ALL SELECT subject ->> 'order_id', workflow_id FROM monitor.workflows
    UNION ALL SELECT message ->> 'order_id', workflow_id FROM monitor.progress
    UNION ALL
    SELECT coalesce((regexp_match(message ->> 'status', ' booked in Murex as (\S+) \(\d+ of \d+\)$'))[1],
                    (regexp_match(message ->> 'status', ' booked by hand as (\S+), approved by '))[1]), workflow_id
    FROM monitor.progress WHERE message ->> 'status' LIKE 'Deal % booked %') found
WHERE found.name <> '';
