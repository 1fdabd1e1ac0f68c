"""From a card to the document that the console shows of it: one module for each section. Pure."""
