"""All I/O of the executor: the handlers of messages and due entries. Every other room is pure."""
