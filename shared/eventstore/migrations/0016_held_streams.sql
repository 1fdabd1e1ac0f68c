-- Rows of feeds that are not plausible wait for people, and what people said to them.

INSERT INTO es.stream_rights (role_name, prefix) VALUES ('hawk_executor', 'held-'), ('hawk_approval', 'confirmation-');
