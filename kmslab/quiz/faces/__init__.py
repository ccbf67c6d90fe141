"""What shows a quiz: in a notebook, on a page of its own, on paper; one module of JavaScript for all pages."""
