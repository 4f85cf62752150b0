"""Membership campaign tracker: one true number from the article to the books."""

__version__ = "0.1.0"
