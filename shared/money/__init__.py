"""Exact money: ISO 4217 currencies, explicit rounding, plain decimal text. No binary floats anywhere."""
