"""Days that exist already: rolled up, scrubbed, audited, counted again."""
