"""Reads in the forum. Each says whom it is for and how many queries it costs."""
