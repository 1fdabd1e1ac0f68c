-- Written by `python -m shared.events.write_rights` from shared/events/streams.py; a test holds them equal.
-- Who may append which event types, up to which version of their shape, to which streams.

INSERT INTO es.event_rights (role_name, prefix, type, schema_version) VALUES
    ('hawk_approval', 'approval-', 'ApprovalAmended', 1);
