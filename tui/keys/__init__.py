"""What a person can do and by which key: ``registry`` defines commands, ``commands`` lists them."""
