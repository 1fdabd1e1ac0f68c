"""All I/O of the executor: what each message and each due entry does. Everything beside it is pure."""
