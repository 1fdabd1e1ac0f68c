"""HAWK under faults: a package, so that its HAWK ends with the last of these tests."""
