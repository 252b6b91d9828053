"""What the screens say: times, names, errors, the network, hints, as pure functions."""
