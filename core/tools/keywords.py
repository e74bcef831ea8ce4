"""Keyword matching, all of it behind one door: what a text names, what a job asks, what a resume has of it."""

from core.tools.overlap import Overlap, compare
from core.tools.terms import Hit, find, mentioned, mentions, terms

__all__ = ["Hit", "Overlap", "compare", "find", "mentioned", "mentions", "terms"]
