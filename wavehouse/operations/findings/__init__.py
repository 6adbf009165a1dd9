"""What is otherwise than expected, judged from what lies on the disk."""
