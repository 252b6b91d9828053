"""What a terminal does beside showing text: its clipboard, and bytes that no keyboard sends."""
