"""Mails about learning: what is due to whom (`planning`), how it reads (`letters`), and handing it over (`sending`)."""
