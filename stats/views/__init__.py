"""HTTP: what comes in is parsed here, what goes out is shaped here, nothing is counted here."""
