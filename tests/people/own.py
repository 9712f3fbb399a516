"""What somebody may have of their own: a picture, a copy of their data."""

from datetime import timedelta
from io import BytesIO

from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from people.models import DataExport, ProfilePicture, User


def make_photo(width: int = 400, height: int = 300) -> bytes:
    """A JPEG that tells where it was taken and by which camera."""
    picture = Image.new("RGB", (width, height), "#0b5d57")
    exif = Image.Exif()
    exif[0x010F] = "Hemmelig kamera"
    exif.get_ifd(0x8825)[1] = "N"
    written = BytesIO()
    picture.save(written, "JPEG", exif=exif)
    return written.getvalue()


def make_picture_of(person: User) -> ProfilePicture:
    return ProfilePicture.objects.create(person=person, small=b"small", large=b"large")


def make_export_of(person: User) -> DataExport:
    """A finished copy."""
    now = timezone.now()
    export = DataExport(person=person, finished_at=now, expires_at=now + timedelta(days=7), size=3)
    export.file.save(f"{export.key}.zip", ContentFile(b"zip"), save=True)
    return export
