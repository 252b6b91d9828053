"""A seeded world for whole networks. ``world`` has the hosts and the paths between them, ``nodes`` what runs on them.

``python -m simulator`` runs a demonstration and prints one line of JSON.
"""

from simulator.world import EPOCH_MS, FREE, Build, Host, Machine, Path, Totals, World

__all__ = ["EPOCH_MS", "FREE", "Build", "Host", "Machine", "Path", "Totals", "World"]
