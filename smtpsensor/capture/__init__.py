"""Sources of frames: capture files, standard input, network interfaces. Knows nothing of TCP or SMTP."""
