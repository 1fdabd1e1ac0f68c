"""Reference data: rows of feeds are judged beside the rows in force, placed, or held for a person."""
