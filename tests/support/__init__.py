"""Test traffic and tools, shared by the suites."""
