"""Reading: one function a question, each through the rule of `forum.permissions`, with what it costs."""
