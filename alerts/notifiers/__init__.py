"""Channels by which people, sirens and other applications are told: values in, a receipt out, no database."""
