"""What HAWK may do, as the executor keeps to it: checked before anything new begins."""
