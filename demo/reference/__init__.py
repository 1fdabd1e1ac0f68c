"""Reference data of the demo: 44 entities with positions, limits, rates, models and ledger rules, dated when
loaded.
"""
