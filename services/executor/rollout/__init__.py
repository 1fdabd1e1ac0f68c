"""What HAWK may do, as the executor keeps to it: read from hawk.control, checked before anything new begins."""
