"""Reference data: rows of feeds are judged beside what is in force, placed, or held for a person."""
