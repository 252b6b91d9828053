"""Pictures of terminals: what stands in their cells, as PNG or SVG, still or moving; and the scenes that are drawn."""
