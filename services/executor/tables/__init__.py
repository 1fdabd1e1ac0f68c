"""The tables of schema `hawk` as values: columns, changes of rows, and the statements that make them."""
