"""Signs of what goes wrong without anybody breaking a rule: orders that are split, approvals that became a reflex."""
