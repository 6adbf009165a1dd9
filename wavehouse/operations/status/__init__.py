"""What `wavehouse status` says, and the metrics."""
