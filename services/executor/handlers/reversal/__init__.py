"""Reversals: requests are planned, grants applied, deals cancelled, counterparts posted."""
