"""What the HTTP services share: problem documents, authentication, server-sent progress."""
