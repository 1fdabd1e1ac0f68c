"""What HAWK costs in time, side by side with two yardsticks."""
