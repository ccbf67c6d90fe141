"""What the answers of many say about items: how hard, how telling, and which key may be wrong."""
