"""How contacts begin and end: invitations, greetings, acceptances, names, removal."""
