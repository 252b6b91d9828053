"""What is known of one message, and the file that proves who signed it."""
