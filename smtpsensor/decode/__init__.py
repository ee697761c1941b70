"""Headers of a frame, from the link layer to TCP. Knows nothing of streams."""
