-- The executor notes which version of the rollout it keeps to, and what it applied under a day's cap.

INSERT INTO es.stream_rights (role_name, prefix) VALUES ('hawk_executor', 'control-'), ('hawk_executor', 'daylimit-');
