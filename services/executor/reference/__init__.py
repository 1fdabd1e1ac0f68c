"""Reference data: rows that arrive on hawk.reference become events, and the events become rows."""
