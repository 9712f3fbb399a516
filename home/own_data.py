"""What the shell's tables hold about a person."""

from people.own_data import exempt

exempt(
    "home.SearchDocument.person",
    reason="The person's name and presentation once more, so that those who may see their page find it.",
)
