"""Reference data: rows that arrive are judged and become events, and the events become rows."""
