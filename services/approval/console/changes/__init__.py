"""Which requests changed, told to the browsers that listen."""
