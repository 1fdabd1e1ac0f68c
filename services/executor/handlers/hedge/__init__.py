"""Orders to hedge, utilisations and questions: the facts they are planned from, their plans applied."""
