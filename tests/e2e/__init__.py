"""HAWK as a user meets it: a package, so that its HAWK ends with the last of these tests."""
