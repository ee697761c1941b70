"""One file per output. Knows nothing of detectors or packets: events come in, lines go out."""
