-- The read tables (schema hawk) and the views of what is in force (schema public): written by the executor's
-- projections, read by people and reports.

CREATE SCHEMA hawk;
GRANT USAGE ON SCHEMA hawk TO hawk_executor, hawk_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA hawk GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO hawk_executor;
ALTER DEFAULT PRIVILEGES IN SCHEMA hawk GRANT USAGE ON SEQUENCES TO hawk_executor;
ALTER DEFAULT PRIVILEGES IN SCHEMA hawk GRANT SELECT ON TABLES TO hawk_reader;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO hawk_reader;
