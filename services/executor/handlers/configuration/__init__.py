"""Changes of the configuration: proposals are planned, grants applied."""
