"""The full-screen terminal: practice and exams over the same pages that the notebook shows."""
