-- A schema for each service with what each keeps: the messages it has handled, and for the two that show progress the
-- messages of hawk.progress. Everything else is made by the migrations of the service.

DO $do$
DECLARE
    service text;
BEGIN
    FOREACH service IN ARRAY ARRAY['parser', 'approval', 'executor', 'monitor'] LOOP
        EXECUTE format($sql$
            CREATE SCHEMA %1$I;
            GRANT USAGE ON SCHEMA %1$I TO %2$I;
            -- Tables that later migrations make here are the service's to write and nobody else's.
            ALTER DEFAULT PRIVILEGES IN SCHEMA %1$I GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %2$I;
            ALTER DEFAULT PRIVILEGES IN SCHEMA %1$I GRANT USAGE ON SEQUENCES TO %2$I;

            CREATE TABLE %1$I.inbox (
                consumer    text        NOT NULL,
                message_id  text        NOT NULL,
                received_at timestamptz NOT NULL DEFAULT now(),
                CONSTRAINT inbox_pkey PRIMARY KEY (consumer, message_id)
            );
            -- A message that was handled stays handled: the row can be neither changed nor taken away by the service.
            REVOKE UPDATE, DELETE ON %1$I.inbox FROM %2$I;
        $sql$, service, 'hawk_' || service);
    END LOOP;

    FOREACH service IN ARRAY ARRAY['approval', 'monitor'] LOOP
        EXECUTE format($sql$
            -- `feed_id` is given under the lock of progress_lock, held until commit: numbers become visible in their order.
            CREATE TABLE %1$I.progress (
                feed_id     bigint GENERATED ALWAYS AS IDENTITY,
                workflow_id text    NOT NULL,
                response_id text    NOT NULL,
                sequence    integer NOT NULL,
                message     jsonb   NOT NULL,
                CONSTRAINT progress_pkey PRIMARY KEY (workflow_id, sequence),
                CONSTRAINT progress_feed_key UNIQUE (feed_id)
            );
            COMMENT ON TABLE %1$I.progress IS
                'Progress of each workflow as published. Reading hawk.progress again rebuilds it.';
            CREATE INDEX progress_response ON %1$I.progress (response_id, feed_id);

            -- Only locked, never written. A table, because no other role can lock it; anybody can take an advisory lock.
            CREATE TABLE %1$I.progress_lock ();
        $sql$, service);
    END LOOP;
END
$do$;
