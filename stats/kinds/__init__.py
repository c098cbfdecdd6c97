"""What the world may bring: the kinds of resources, each declared once."""
