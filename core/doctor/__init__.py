"""What is wrong with the network as this node sees it: ``findings`` judges, ``examination`` measures without an account."""
