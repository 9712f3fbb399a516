"""Reads that span several of this room's tables, a module for each concern."""
