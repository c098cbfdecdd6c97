"""What is forgotten, when, and how the numbers survive it."""
