"""What may be said of the forum outside its walls: in mailboxes, and in feeds that other programs read.

A mailbox is often an employer's, and others than its owner may see what lies in it.

- an open space: its name and the topics' titles, since every member may read them.
- a closed space that all members know of: its name alone.
- a private space, a learning group, a youth panel: not even that it exists.
- a topic with a content warning: the warning in place of the title, and never an excerpt.
- nobody's name, and of answers to an alias nothing but that there is something: the mail goes to a person, and what
  it told of would join the alias and the person.
"""

from django.utils.translation import gettext as _

from forum.models import Post, Space, Topic

EXCERPT = 300
"""Characters of a post in a feed."""


def may_say_titles(space: Space) -> bool:
    return space.kind == Space.Kind.OPEN


def title_outside(topic: Topic) -> str:
    """For a topic of a space whose titles may be said."""
    if topic.content_warning:
        return _("Tråd med innholdsvarsel: %(warning)s") % {"warning": topic.content_warning}
    return topic.title


def place_outside(space: Space) -> str:
    """Where something is new, in as many words as may be said."""
    if may_say_titles(space) or space.is_listed:
        return _("Nytt i %(space)s") % {"space": space.name}
    return _("Nytt i et rom du er med i")


def headline_outside(topic: Topic) -> str:
    return title_outside(topic) if may_say_titles(topic.space) else place_outside(topic.space)


def excerpt_outside(post: Post) -> str:
    """The beginning of a post of an open space, cut at a word; the warning alone where there is one; else nothing."""
    if not may_say_titles(post.topic.space):
        return ""
    warning = post.content_warning or (post.topic.content_warning if post.number == 1 else "")
    if warning:
        return _("Innholdsvarsel: %(warning)s") % {"warning": warning}
    if post.topic.content_warning:
        return ""
    text = " ".join(post.text.split())
    return text if len(text) <= EXCERPT else text[:EXCERPT].rsplit(" ", 1)[0] + " …"
