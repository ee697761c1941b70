"""SASL mechanisms: who wants to log in, from the lines of one AUTH exchange. Secrets end here."""
