"""From files of other programs to events in the queue."""
