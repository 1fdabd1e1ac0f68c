-- Written by `python -m shared.events.write_rights` from shared/events/streams.py; a test holds them equal.
-- Who may append which event types, up to which version of their shape, to which streams.

INSERT INTO es.event_rights (role_name, prefix, type, schema_version) VALUES
    ('hawk_approval', 'absences', 'AbsenceEnded', 1),
    ('hawk_approval', 'absences', 'AbsenceNoted', 1),
    ('hawk_approval', 'delegations', 'DelegationConfirmed', 1),
    ('hawk_approval', 'delegations', 'DelegationEnded', 1),
    ('hawk_approval', 'delegations', 'DelegationProposed', 1),
    ('hawk_executor', 'control-', 'DelegationTakenIn', 1);
