-- Written by `python -m shared.events.write_rights` from shared/events/streams.py; a test holds them equal.
-- Who may append which event types, up to which version of their shape, to which streams.

INSERT INTO es.event_rights (role_name, prefix, type, schema_version) VALUES
    ('hawk_approval', 'passkeys-', 'PasskeyAdded', 1),
    ('hawk_approval', 'passkeys-', 'PasskeyProposalRejected', 1),
    ('hawk_approval', 'passkeys-', 'PasskeyProposed', 1),
    ('hawk_approval', 'passkeys-', 'PasskeyRemovalProposed', 1),
    ('hawk_approval', 'passkeys-', 'PasskeyRemoved', 1),
    ('hawk_approval', 'passkeys-', 'PasskeyUsed', 1),
    ('hawk_executor', 'control-', 'PasskeyTakenIn', 1);
