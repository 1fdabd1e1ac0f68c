-- The last line of defence against posting into a closed period: fail closed, whoever writes.
-- Columns that move no money, export_status above all, stay writable after the period has closed.

CREATE FUNCTION hawk.require_open_period() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found_open boolean;
BEGIN
    -- The share lock makes a concurrent closing of the period wait until this posting has committed.
    EXECUTE format(
        'SELECT is_open FROM %I.gl_periods WHERE period_id = $1 AND $2 BETWEEN start_date AND end_date FOR SHARE',
        TG_TABLE_SCHEMA)
    INTO found_open USING NEW.period_id, NEW.accounting_date;
    IF found_open IS DISTINCT FROM true THEN
        RAISE EXCEPTION 'Journal % line %: period % is not open for %. Open the period or post on a date in an open one.',
            NEW.journal_id, NEW.line_no, NEW.period_id, NEW.accounting_date
            USING ERRCODE = 'check_violation', TABLE = 'gl_journal_lines', CONSTRAINT = 'gl_journal_lines_period_open';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER gl_journal_lines_period_open
    BEFORE INSERT OR UPDATE OF journal_id, line_no, ledger, accounting_date, period_id, account_code, dr_amt, cr_amt
    ON hawk.gl_journal_lines
    FOR EACH ROW EXECUTE FUNCTION hawk.require_open_period();
