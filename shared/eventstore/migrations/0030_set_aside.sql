-- What two persons order about a message that holds up its partition. Each consumer reads it before it tries again.

INSERT INTO es.stream_rights (role_name, prefix) VALUES ('hawk_approval', 'setaside-');
