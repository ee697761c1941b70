"""Two half-streams per connection: order, loss, overlap, expiry, caps. Knows nothing of SMTP."""
