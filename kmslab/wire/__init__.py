"""Bytes and values: HTTP messages, AWS JSON 1.1 and Signature Version 4. Takes no decision."""
