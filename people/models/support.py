"""The levels above the team: regional resource groups and national implementation groups."""

from typing import ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models.teams import Region


class SupportGroup(models.Model):
    """A group that supports teams. With a region it is that region's; without one it is national."""

    name = models.CharField(_("navn"), max_length=120, unique=True)
    region = models.ForeignKey(
        Region,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="support_groups",
        verbose_name=_("region"),
        help_text=_("Tomt: gruppa er nasjonal."),
    )

    class Meta:
        verbose_name = _("støttegruppe")
        verbose_name_plural = _("støttegrupper")
        ordering: ClassVar[list[str]] = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_national(self) -> bool:
        return self.region_id is None


class SupportGroupMembershipQuerySet(models.QuerySet["SupportGroupMembership"]):
    def active(self) -> Self:
        return self.filter(ended_at__isnull=True)


class SupportGroupMembership(models.Model):
    """A person in a support group. Given by an administrator; ended, never deleted."""

    wagtail_reference_index_ignore = True

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="support_memberships")
    group = models.ForeignKey(SupportGroup, on_delete=models.PROTECT, related_name="memberships")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("avsluttet"), null=True, blank=True)

    objects = SupportGroupMembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("medlem av støttegruppe")
        verbose_name_plural = _("medlemmer av støttegrupper")
        ordering: ClassVar[list[str]] = ["group", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["person", "group"], condition=Q(ended_at__isnull=True), name="one_active_support_membership"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} – {self.group}"


class PeopleSettings(models.Model):
    """What the national group decides for everybody. One row."""

    onboarding_days = models.PositiveSmallIntegerField(
        _("dager til grunnopplæringen bør være gjort"),
        default=90,
        validators=[MinValueValidator(1), MaxValueValidator(730)],
    )
    invitation_days = models.PositiveSmallIntegerField(
        _("dager en invitasjon gjelder"), default=14, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    deletion_days = models.PositiveSmallIntegerField(
        _("dager fra noen ber om sletting til kontoen slettes"),
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(30)],
        help_text=_("I disse dagene kan de angre. Loven krever at sletting ikke venter lenger enn nødvendig."),
    )
    unused_months = models.PositiveSmallIntegerField(
        _("måneder uten innlogging før kontoen slettes"),
        default=24,
        validators=[MinValueValidator(6), MaxValueValidator(120)],
        help_text=_("De får e-post 30 dager før."),
    )

    class Meta:
        verbose_name = _("innstillinger for folk og team")
        verbose_name_plural = _("innstillinger for folk og team")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(pk=1), name="people_settings_is_one_row")
        ]

    def __str__(self) -> str:
        return str(_("Folk og team"))

    @classmethod
    def load(cls) -> "PeopleSettings":
        """The row, or its defaults where nobody has changed anything. One query."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
