"""The tables of schema `hawk` as values: their columns, the changes of their rows, and the statements that make them."""
