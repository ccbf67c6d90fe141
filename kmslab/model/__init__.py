"""The nouns and facts of KMS: frozen records and tables; imports nothing else of kmslab."""
