"""What a person wants to override: proposals are planned, grants applied."""
