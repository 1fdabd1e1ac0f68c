"""The HTTP of the approval service: what people and their programs ask and decide."""
