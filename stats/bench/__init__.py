"""``stats bench``: how fast and how large, against what the engines alone could do."""
