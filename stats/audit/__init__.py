"""Whether raw events, daily documents and totals say the same."""
