"""Writers of the generated parts of docs/."""
