"""What leaders, regions and the country see of who learns what. docs/reports.md says the rules."""
