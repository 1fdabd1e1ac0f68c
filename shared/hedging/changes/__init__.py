"""Plans of what is no hedge: a change of the configuration, an override, a reversal."""
