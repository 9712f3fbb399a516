"""The list of teams as a file: out as CSV and XLSX, in again through a dry run (docs/teams.md)."""
