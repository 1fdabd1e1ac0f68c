"""What the health page knows: what is asked of whom, and what of it needs somebody."""
