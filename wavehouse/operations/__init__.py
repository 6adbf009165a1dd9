"""What runs without anybody awake: runs and their history, findings, alerts, backups."""
