"""What the benchmarks share: the report, programs on a terminal, processes over pipes."""
