"""Custom elements for web pages: built files in ``static/``, sources in ``widgets/``."""
