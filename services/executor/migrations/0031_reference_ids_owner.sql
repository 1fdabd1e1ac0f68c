-- Nobody logs in as the owner of a table; the executor reads and adds, and takes nothing away.

ALTER TABLE executor.reference_ids OWNER TO hawk_owner;
GRANT SELECT, INSERT ON executor.reference_ids TO hawk_executor;
