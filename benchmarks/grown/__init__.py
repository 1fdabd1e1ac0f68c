"""A store with a long history: workflows of many days through HAWK's own handlers, with its topics in memory."""
