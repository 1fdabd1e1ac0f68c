-- An auditor may see what is due: hawk verify --quiet asks whether something was left.

GRANT USAGE ON SCHEMA executor TO hawk_reader;
GRANT SELECT ON executor.todo TO hawk_reader;
