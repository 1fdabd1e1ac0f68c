"""The four services: parser, approval, executor, monitor. They never import each other."""
