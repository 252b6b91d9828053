"""Meeting somebody and being rid of them: invitations, greetings, acceptances, names, removal."""
