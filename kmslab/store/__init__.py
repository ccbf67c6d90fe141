"""Durable state behind one port."""
