"""The console of approvers: its pages in a browser."""
