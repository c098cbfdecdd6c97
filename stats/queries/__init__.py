"""Named queries over daily documents and totals."""
