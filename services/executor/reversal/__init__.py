"""Takes an executed workflow back: planned and approved on its own, once, with counterparts in the ledgers."""
