"""Detection: rules over events, in event time; alerts with a beginning, updates and an end."""
