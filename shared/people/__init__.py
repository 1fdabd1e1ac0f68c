"""Who is who: the spellings of one name, and whether two names are one person."""
