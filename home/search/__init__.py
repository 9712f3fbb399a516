"""One search for the whole site (docs/decisions/0012-search.md)."""
