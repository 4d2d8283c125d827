"""The pages of docs/reference, one module a page: each reads the code that decides and gives Markdown."""
