"""From an order and the facts to a plan or a refusal: the checks in their order, the parts, the rows."""
