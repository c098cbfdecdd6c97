"""A report in a file, ours or another's, checked: form, invariants, line and rule."""
