"""Plans of workflows other than hedges: a change of the configuration, an override, a reversal."""
