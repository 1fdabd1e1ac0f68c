-- That HAWK has sent a deal again says that Murex is silent. Such a message came every 15 seconds, so that nothing was ever
-- silent for 30. It is a reason of its own now, before the one that a workflow is with Murex.

UPDATE monitor.workflows SET attention = 5 WHERE attention = 4;

COMMENT ON COLUMN monitor.workflows.attention IS 'Why somebody should look, by that message: 1 a person is needed, 2 the posting waits, 3 it is undone, 4 Murex is silent, 5 Murex is to answer; NULL for nothing.';
