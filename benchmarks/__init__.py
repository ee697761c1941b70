"""Speed and memory, measured beside the peers on the same machine: `make bench`."""
