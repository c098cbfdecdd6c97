"""Rows by user: what each did with a resource in a day, and what stays of them later."""
