"""What a terminal does beside showing text: clipboard, notices, the window's title; and bytes that no keyboard sends."""
