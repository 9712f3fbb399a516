"""One search for the whole site (docs/decisions/0014-search.md)."""
