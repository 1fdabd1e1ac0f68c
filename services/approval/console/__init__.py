"""The console: what the browser of a person who approves is served."""
