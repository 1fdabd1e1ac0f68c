"""The overview of all workflows: what needs attention first, then every one by filters, search and page."""
