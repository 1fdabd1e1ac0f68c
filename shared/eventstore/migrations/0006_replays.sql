-- What people ask about dead letters; the service that refused a message answers in the stream of its dead letter.

INSERT INTO es.stream_rights (role_name, prefix) VALUES ('hawk_approval', 'replay-');
