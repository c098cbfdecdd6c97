"""From raw documents to exact daily documents and totals."""
