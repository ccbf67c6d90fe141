"""Families of quiz items: generators that run the engine and return ordinary items."""

from kmslab.families.catalog import grow, load_quiz

__all__ = ["grow", "load_quiz"]
