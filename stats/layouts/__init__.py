"""The elements of pages, and which of them a page has, in which order and width."""
