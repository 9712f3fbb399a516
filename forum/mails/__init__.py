"""Mails from the forum: what may be said outside (`outside`), what is due (`planning`), handing it over (`sending`)."""
