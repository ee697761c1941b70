"""What Prometheus scrapes: plain integers, read and written down only when somebody asks."""
