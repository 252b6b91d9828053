"""What tests and demonstrations stand on."""
