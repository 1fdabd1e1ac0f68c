"""The hedge domain: values in, plan out. No I/O, no clock, no randomness."""
