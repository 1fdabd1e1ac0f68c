-- HAWK's own reservations and bookings, by exposure and against the USD limit of a currency.
-- The next reservation is appended to `stream` with `version` as its expected version.

CREATE TABLE hawk.exposure_capacity (
    stream text NOT NULL, version bigint NOT NULL, entity_id text NOT NULL, currency_code text NOT NULL,
    nav_type text NOT NULL, reserved numeric NOT NULL DEFAULT 0, hedged numeric NOT NULL DEFAULT 0,
    updated_at timestamptz,
    PRIMARY KEY (stream),
    CONSTRAINT exposure_capacity_one_per_exposure UNIQUE (entity_id, currency_code, nav_type)
);

CREATE TABLE hawk.exposure_movements (
    stream text NOT NULL, workflow_id text NOT NULL, movement_no integer NOT NULL DEFAULT 1, version bigint,
    entity_id text NOT NULL, currency_code text NOT NULL, nav_type text NOT NULL, amount numeric NOT NULL,
    amount_usd numeric NOT NULL, status text NOT NULL, trade_date date, event_id text, created_at timestamptz,
    updated_at timestamptz,
    PRIMARY KEY (stream, workflow_id, movement_no),
    CONSTRAINT exposure_movements_status_known CHECK (status IN ('RESERVED', 'HEDGED', 'RELEASED', 'REVERSED'))
);

CREATE TABLE hawk.usd_pb_usage (
    stream text NOT NULL, version bigint NOT NULL, currency_code text NOT NULL,
    reserved_usd numeric NOT NULL DEFAULT 0, hedged_usd numeric NOT NULL DEFAULT 0, updated_at timestamptz,
    PRIMARY KEY (stream),
    CONSTRAINT usd_pb_usage_one_per_currency UNIQUE (currency_code)
);

COMMENT ON TABLE hawk.exposure_capacity IS 'Sums of one exposure stream: reserved is promised and not yet booked, hedged is booked by HAWK. A termination is negative.';
COMMENT ON TABLE hawk.exposure_movements IS 'The single amounts behind the sums of an exposure stream.';
COMMENT ON TABLE hawk.usd_pb_usage IS 'Sums in USD against the deposit limit of a currency, over all entities.';
CREATE INDEX exposure_movements_workflow ON hawk.exposure_movements (workflow_id);
