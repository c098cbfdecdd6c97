"""What is killed, cut off or full, and nothing lost or counted twice."""
