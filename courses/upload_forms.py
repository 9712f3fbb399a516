"""Forms that take files in."""

from wagtail.documents.forms import BaseDocumentForm
from wagtail.images.forms import BaseImageForm
from wagtailmedia.forms import BaseMediaForm


class ImageForm(BaseImageForm):
    """A picture on its way in."""


class DocumentForm(BaseDocumentForm):
    """A document on its way in."""


class MediaForm(BaseMediaForm):
    """A film on its way in."""
