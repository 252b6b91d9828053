"""Getting to know somebody, and being rid of them: invitations, introductions, names, removal."""
