"""Wiring: inputs, pipeline, filters, outputs, signals and progress of one run. Here alone clocks are read."""
