"""The project's own captures, and `pcaps.record`, which makes them from real servers and tools."""
