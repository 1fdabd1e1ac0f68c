"""Decimal amounts and rates, currencies and their decimals, explicit rounding."""
