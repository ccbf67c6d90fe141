"""Who is calling: signatures, access keys, principals."""
