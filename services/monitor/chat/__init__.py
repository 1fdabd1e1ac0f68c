"""What a chat shows of a response: words that HAWK makes, and links to where people act."""
