"""Dead letters as the console shows them: what was refused, the cure, what became of it. Nothing is decided here."""
