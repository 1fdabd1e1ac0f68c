"""Previews: what an answer would become, shown to the person who asked, for some minutes. Nothing is decided here."""
