"""What this room holds about somebody. Imported when the room starts.

What was written under the person's own aliases is theirs, and is found by the seal (`forum.pseudonyms.owned_by`). The
copy therefore says in clear who the alias is: it is handed to nobody but the person.
"""

from functools import partial

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from forum.models import (
    Appeal,
    Attachment,
    CalendarToken,
    DecisionsRead,
    Draft,
    EntryRequest,
    EvaluationDone,
    EventMailReceiver,
    EventSignUp,
    FeedToken,
    LibraryFile,
    LibraryItem,
    LibraryReview,
    LibraryUpload,
    LibraryVersion,
    MailChoice,
    ModerationEntry,
    NewsItem,
    NewsReading,
    Notice,
    NoticeRead,
    Post,
    PostEdit,
    Pseudonym,
    Reaction,
    Report,
    SealOpening,
    SentMail,
    Silence,
    SpaceMembership,
    SpaceRead,
    TopicRead,
    Watch,
)
from forum.pseudonyms import owned_by
from forum.rendering import text_to_write_on
from people.models import User
from people.own_data import Collected, Fact, OwnFile, exempt, register


def _read_file(attachment: Attachment | LibraryFile) -> bytes:
    with attachment.file.open("rb") as opened:
        content: bytes = opened.read()
    return content


def posts(person: User) -> Collected:
    """Posts under the person's name and aliases, how they read before, and their files. Three queries.

    Hidden ones too: they are the person's own words.
    """
    own = Q(author=person) | owned_by(person, through="pseudonym")
    found = list(Post.objects.filter(own).select_related("topic__space", "pseudonym").order_by("created_at", "pk"))
    of_posts = Q(post__in=Post.objects.filter(own).values("pk"))
    entries = [
        [
            Fact("space", _("Rom"), post.topic.space.name),
            # The title is its author's: others' words are not handed out.
            Fact("topic", _("Tråd"), post.topic.title if post.number == 1 else str(post.topic_id)),
            Fact("alias", _("Alias"), post.pseudonym.name if post.pseudonym else None),
            Fact("content_warning", _("Innholdsvarsel"), post.content_warning),
            Fact("text", _("Innlegget ditt"), post.text),
            Fact("state", _("Slik vises det"), str(post.get_state_display())),
            Fact("created_at", _("Skrevet"), post.created_at),
            Fact("edited_at", _("Endret"), post.edited_at),
        ]
        for post in found
    ]
    entries += [
        [
            Fact("topic", _("Tidligere tittel"), edit.title),
            Fact("html", _("Slik var innlegget før"), edit.html),
            Fact("replaced_at", _("Endret"), edit.replaced_at),
        ]
        for edit in PostEdit.objects.filter(of_posts).order_by("pk")
    ]
    files = Attachment.objects.filter(of_posts | Q(uploader=person)).order_by("pk")
    return Collected(
        entries=entries, files=[OwnFile(each.name, each.size, partial(_read_file, each)) for each in files]
    )


def library(person: User) -> Collected:
    """What the person owns in the library, the versions they shared, what they have looked through, and files on their
    way in. Five queries.
    """
    entries = [
        [
            Fact("title", _("Tittel"), item.title),
            Fact("summary", _("Kort om innholdet"), item.summary),
            Fact("space", _("Rom"), item.space.name),
            Fact("created_at", _("Delt"), item.created_at),
        ]
        for item in LibraryItem.objects.filter(owner=person).select_related("space").order_by("created_at", "pk")
    ]
    entries += [
        [
            Fact("item", _("Ressurs"), str(version.item_id)),
            Fact("number", _("Versjon"), version.number),
            Fact("note", _("Hva er nytt"), version.note),
            Fact("text", _("Tekst"), text_to_write_on(version.html)),
            Fact("link", _("Lenke"), version.link),
            Fact("created_at", _("Delt"), version.created_at),
        ]
        for version in LibraryVersion.objects.filter(created_by=person).order_by("created_at", "pk")
    ]
    entries += [
        [
            Fact("item", _("Gjennomgått ressurs"), str(review.item_id)),
            Fact("at", _("Gjennomgått"), review.at),
            Fact("next_on", _("Neste gjennomgang"), review.next_on),
        ]
        for review in LibraryReview.objects.filter(by=person).order_by("at", "pk")
    ]
    entries += [
        [Fact("coming", _("Fil på vei inn"), upload.name), Fact("received", _("Byte mottatt"), upload.received)]
        for upload in LibraryUpload.objects.filter(person=person).order_by("pk")
    ]
    files = LibraryFile.objects.filter(uploader=person).order_by("pk")
    return Collected(
        entries=entries, files=[OwnFile(each.name, each.size, partial(_read_file, each)) for each in files]
    )


def events(person: User) -> Collected:
    """What the person signed up for, what they answered, what they can not eat while it is kept, and letters to them.

    That they have answered an evaluation is here while it is kept; what they answered is nobody's. At most six queries.
    """
    found = (
        EventSignUp.objects.filter(person=person)
        .select_related("event", "leg", "group", "dietary_need")
        .prefetch_related("answers__question", "certificates")
        .order_by("created_at", "pk")
    )
    entries = [
        [
            Fact("event", _("Arrangement"), each.event.title),
            Fact("mode", _("Hvordan"), str(each.leg.get_mode_display())),
            Fact("status", _("Status"), str(each.get_status_display())),
            Fact("created_at", _("Meldt på"), each.created_at),
            Fact("group", _("Gruppe"), str(each.group) if each.group else None),
            Fact("attended", _("Møtte"), each.attended),
            Fact("dietary_need", _("Matbehov"), each.dietary_need.text if hasattr(each, "dietary_need") else None),
            *(Fact("certificate", _("Deltakerbevis"), certificate.code) for certificate in each.certificates.all()),
            *(Fact("answer", answer.question.label, answer.text) for answer in each.answers.all()),
        ]
        for each in found
    ]
    entries += [
        [
            Fact("event", _("Arrangement"), each.mailing.event.title),
            Fact("letter", _("Brev til deg"), each.mailing.subject),
            Fact("letter_text", _("Tekst"), each.mailing.text),
            Fact("sent_at", _("Sendt"), each.sent_at),
        ]
        for each in EventMailReceiver.objects.filter(person=person).select_related("mailing__event").order_by("pk")
    ]
    entries += [
        [Fact("evaluated", _("Evaluering du har svart på"), each.evaluation.event.title)]
        for each in EvaluationDone.objects.filter(person=person).select_related("evaluation__event")
    ]
    return Collected(entries=entries)


def news(person: User) -> Collected:
    """News the person has written, and what they have opened and confirmed. Two queries."""
    written = NewsItem.objects.filter(author=person).select_related("space").order_by("created_at", "pk")
    readings = NewsReading.objects.filter(person=person).order_by("seen_at", "pk")
    entries = [
        [
            Fact("title", _("Tittel"), item.title),
            Fact("lead", _("Ingress"), item.lead),
            Fact("text", _("Tekst"), item.text),
            Fact("space", _("Rom"), item.space.name),
            Fact("published_at", _("Kom ut"), item.published_at),
        ]
        for item in written
    ]
    entries += [
        [
            Fact("item", _("Nyhet"), str(each.item_id)),
            Fact("round", _("Runde"), each.round),
            Fact("seen_at", _("Åpnet"), each.seen_at),
            Fact("confirmed_at", _("Lest og forstått"), each.confirmed_at),
        ]
        for each in readings
    ]
    return Collected(entries=entries)


def drafts(person: User) -> Collected:
    """What is begun and not sent. One query."""
    return Collected(
        entries=[
            [
                Fact("title", _("Tittel"), draft.title),
                Fact("source", _("Utkastet"), draft.source),
                Fact("content_warning", _("Innholdsvarsel"), draft.content_warning),
                Fact("as_pseudonym", _("Under alias"), draft.as_pseudonym),
                Fact("updated_at", _("Endret"), draft.updated_at),
            ]
            for draft in Draft.objects.filter(person=person).order_by("updated_at", "pk")
        ]
    )


def spaces(person: User) -> Collected:
    """The rooms the person is or was in, wishes and invitations, and aliases. Four queries."""
    memberships = SpaceMembership.objects.filter(person=person).select_related("space").order_by("started_at", "pk")
    requests = EntryRequest.objects.filter(person=person).select_related("space").order_by("created_at", "pk")
    aliases = Pseudonym.objects.filter(owned_by(person)).select_related("space").order_by("pk")
    opened = SealOpening.objects.filter(owned_by(person, through="pseudonym"), agreed=True).select_related("pseudonym")
    entries = [
        [
            Fact("space", _("Rom"), each.space.name),
            Fact("role", _("Rolle"), str(each.get_role_display())),
            Fact("started_at", _("Med fra"), each.started_at),
            Fact("ended_at", _("Med til"), each.ended_at),
        ]
        for each in memberships
    ]
    entries += [
        [
            Fact("space", _("Rom"), each.space.name),
            Fact("message", _("Meldingen din"), None if each.invited_by_id else each.message),
            Fact("outcome", _("Svar"), str(each.get_outcome_display())),
            Fact("created_at", _("Spurt eller invitert"), each.created_at),
            Fact("decided_at", _("Besvart"), each.decided_at),
        ]
        for each in requests
    ]
    entries += [
        [
            Fact("space", _("Rom"), each.space.name),
            Fact("alias", _("Alias"), each.name),
            Fact("created_on", _("Laget"), each.created_on),
        ]
        for each in aliases
    ]
    entries += [
        [
            Fact("alias", _("Alias"), each.pseudonym.name),
            Fact("reason", _("Grunn til at aliaset ble åpnet"), each.reason),
            Fact("opened_at", _("Åpnet"), each.answered_at),
        ]
        for each in opened.order_by("answered_at", "pk")
    ]
    return Collected(entries=entries)


def reading(person: User) -> Collected:
    """How far the person has read. Two queries."""
    topics = TopicRead.objects.filter(person=person).order_by("topic_id")
    everything = SpaceRead.objects.filter(person=person).select_related("space").order_by("space_id")
    entries = [
        [Fact("topic", _("Tråd"), str(each.topic_id)), Fact("number", _("Lest til innlegg"), each.last_read_number)]
        for each in topics
    ]
    entries += [
        [Fact("space", _("Rom"), each.space.name), Fact("read_all_at", _("Alt lest til"), each.read_all_at)]
        for each in everything
    ]
    return Collected(entries=entries)


def reactions(person: User) -> Collected:
    """What the person has reacted to. One query."""
    return Collected(
        entries=[
            [Fact("post", _("Innlegg"), str(each.post_id)), Fact("kind", _("Reaksjon"), str(each.get_kind_display()))]
            for each in Reaction.objects.filter(person=person).order_by("pk")
        ]
    )


def notices(person: User) -> Collected:
    """News, what the person wants to hear, and what was sent. Seven queries. The keys of feeds are not readable."""
    entries = [
        [
            Fact("kind", _("Varsel"), str(each.get_kind_display())),
            *([Fact("event", _("Arrangement"), each.event.title)] if each.event else []),
            Fact("created_at", _("Laget"), each.created_at),
            Fact("read_at", _("Lest"), each.read_at),
        ]
        for each in Notice.objects.filter(person=person).select_related("event").order_by("created_at", "pk")
    ]
    entries += [
        [Fact("all_read_at", _("Alle varsler er lest til"), each.all_read_at)]
        for each in NoticeRead.objects.filter(person=person)
    ]
    entries += [
        [
            Fact(
                "watch",
                _("Rom, tråd eller ressurs"),
                each.space.name if each.space else str(each.topic_id or each.item_id),
            ),
            Fact("level", _("Varsler"), str(each.get_level_display())),
        ]
        for each in Watch.objects.filter(person=person).select_related("space").order_by("pk")
    ]
    entries += [
        [
            Fact("digest", _("Oppsummering på e-post"), str(each.get_digest_display())),
            Fact("digest_hour", _("Klokkeslett"), each.digest_hour),
            Fact("digest_weekday", _("Ukedag, 0 er mandag"), each.digest_weekday),
            Fact("quiet_from", _("Stille fra klokka"), each.quiet_from),
            Fact("quiet_to", _("Stille til klokka"), each.quiet_to),
        ]
        for each in MailChoice.objects.filter(person=person)
    ]
    entries += [
        [Fact("mail", _("E-post"), str(each.get_kind_display())), Fact("sent_at", _("Sendt"), each.sent_at)]
        for each in SentMail.objects.filter(person=person).order_by("claimed_at", "pk")
    ]
    entries += [
        [
            Fact("feed_made_at", _("Nøkkelen til nyhetsstrømmen ble laget"), each.created_at),
            Fact("feed_used_at", _("Sist brukt"), each.last_used_at),
        ]
        for each in FeedToken.objects.filter(person=person)
    ]
    entries += [
        [
            Fact("calendar_made_at", _("Nøkkelen til kalenderen ble laget"), each.created_at),
            Fact("calendar_used_at", _("Sist brukt"), each.last_used_at),
        ]
        for each in CalendarToken.objects.filter(person=person)
    ]
    return Collected(entries=entries)


UNTOLD = (ModerationEntry.Verb.SEAL_ASKED, ModerationEntry.Verb.SEAL_REFUSED)


def safety(person: User) -> Collected:
    """What the person reported, and what moderators did that concerns the person or an alias. Five queries.

    Who reported or decided is not in it: that is about them. Nor that somebody asked to open an alias: that is told
    when it is opened.
    """
    own = Q(person=person) | owned_by(person, through="pseudonym")
    entries = [
        [
            Fact("reported", _("Meldt innlegg eller ressurs"), str(each.post_id or each.item_id)),
            Fact("reason", _("Grunn"), str(each.get_reason_display())),
            Fact("message", _("Det du skrev"), each.message),
            Fact("outcome", _("Utfall"), str(each.get_outcome_display())),
            Fact("created_at", _("Meldt"), each.created_at),
            Fact("decided_at", _("Avgjort"), each.decided_at),
        ]
        for each in Report.objects.filter(reporter=person).order_by("created_at", "pk")
    ]
    entries += [
        [
            Fact("verb", _("Hva moderatorene gjorde"), str(each.get_verb_display())),
            Fact("post", _("Innlegg"), str(each.post_id or "")),
            Fact("reason", _("Grunn"), each.reason),
            Fact("message", _("Beskjed til deg"), each.message),
            Fact("at", _("Når"), each.at),
        ]
        for each in ModerationEntry.objects.filter(own).exclude(verb__in=UNTOLD).order_by("at", "pk")
    ]
    entries += [
        [
            Fact("silence", _("Skrivepause til"), each.until),
            Fact("reason", _("Grunn"), each.reason),
            Fact("given_at", _("Gitt"), each.given_at),
            Fact("lifted_at", _("Opphevet"), each.lifted_at),
        ]
        for each in Silence.objects.filter(own).order_by("given_at", "pk")
    ]
    entries += [
        [
            Fact("appeal", _("Klagen din"), each.text),
            Fact("answer", _("Svaret"), each.answer),
            Fact("created_at", _("Sendt"), each.created_at),
            Fact("decided_at", _("Avgjort"), each.decided_at),
        ]
        for each in Appeal.objects.filter(own).order_by("created_at", "pk")
    ]
    entries += [
        [Fact("decisions_read_at", _("Du har sett avgjørelser til"), each.read_at)]
        for each in DecisionsRead.objects.filter(person=person)
    ]
    return Collected(entries=entries)


register(
    "forum-posts",
    posts,
    title=_("Det du har skrevet i forumet"),
    why=_("Så andre kan lese og svare. Det du har skrevet under alias, er med her, men bare i kopien din."),
    covers=("forum.Topic.author", "forum.Post.author", "forum.Attachment.uploader"),
)
register(
    "forum-library",
    library,
    title=_("Det du har delt i biblioteket"),
    why=_("Så andre team kan bruke det og bygge videre, og vet hvem de kan spørre."),
    covers=(
        "forum.LibraryItem.owner",
        "forum.LibraryVersion.created_by",
        "forum.LibraryFile.uploader",
        "forum.LibraryReview.by",
        "forum.LibraryUpload.person",
    ),
)
register(
    "forum-events",
    events,
    title=_("Arrangementer du er meldt på"),
    why=_("Så du har en plass, og så den som arrangerer, vet hvem som kommer. Matbehov slettes etterpå."),
    covers=("forum.EventSignUp.person", "forum.EventMailReceiver.person", "forum.EvaluationDone.person"),
)
register(
    "forum-news",
    news,
    title=_("Nyheter du har skrevet og lest"),
    why=_(
        "Så du ser hva som er nytt. De som har ansvar for rommet, og lederen av teamet ditt ser at du har bekreftet "
        "«lest og forstått», men ikke hva du har åpnet."
    ),
    covers=("forum.NewsItem.author", "forum.NewsReading.person"),
)
register(
    "forum-drafts",
    drafts,
    title=_("Utkast i forumet"),
    why=_("Så du kan fortsette på en annen enhet. Bare du ser dem."),
    covers=("forum.Draft.person",),
)
register(
    "forum-spaces",
    spaces,
    title=_("Rommene dine i forumet"),
    why=_("Så du kommer inn der du skal, og så aliaset ditt er ditt."),
    covers=("forum.SpaceMembership.person", "forum.EntryRequest.person"),
)
register(
    "forum-reading",
    reading,
    title=_("Hvor langt du har lest i forumet"),
    why=_("Så du ser hva som er nytt. Ingen andre ser det."),
    covers=("forum.TopicRead.person", "forum.SpaceRead.person"),
)
register(
    "forum-reactions",
    reactions,
    title=_("Reaksjonene dine"),
    why=_("Så samme person teller én gang. Andre ser bare tall."),
    covers=("forum.Reaction.person",),
)
register(
    "forum-notices",
    notices,
    title=_("Varsler fra forumet"),
    why=_("Så du får vite det du har bedt om, og ingenting to ganger."),
    covers=(
        "forum.Notice.person",
        "forum.NoticeRead.person",
        "forum.Watch.person",
        "forum.MailChoice.person",
        "forum.SentMail.person",
        "forum.FeedToken.person",
        "forum.CalendarToken.person",
    ),
)
register(
    "forum-safety",
    safety,
    title=_("Meldinger og moderering"),
    why=_("Så det er trygt å skrive, og så du kan klage."),
    covers=(
        "forum.Report.reporter",
        "forum.ModerationEntry.person",
        "forum.Silence.person",
        "forum.Appeal.person",
        "forum.DecisionsRead.person",
    ),
)

for _column, _reason in {
    "forum.Space.created_by": "Whoever made a room; the room is not about that person.",
    "forum.SpaceMembership.added_by": "Whoever let somebody else in; the row is about that person.",
    "forum.EntryRequest.invited_by": "Whoever invited somebody else; the row is about that person.",
    "forum.EntryRequest.decided_by": "Whoever answered somebody else's wish; the row is about that person.",
    "forum.Mention.person": "What others wrote; the person reads it where it stands, and is told by a notice.",
    "forum.SealOpening.asked_by": "A moderator's office, kept for the log; the row is about the alias' author.",
    "forum.SealOpening.answered_by": "A moderator's office, kept for the log; the row is about the alias' author.",
    "forum.Report.decided_by": "A moderator's office, kept for the log; the row is about a post.",
    "forum.ModerationEntry.actor": "A moderator's office, kept for the log; the row is about whom it was done to.",
    "forum.Silence.given_by": "A moderator's office, kept for the log; the row is about whom it was given.",
    "forum.NewsEdit.replaced_by": "Whoever changed a piece of news; the row is how the news read before.",
    "forum.LibraryUse.said_by": "Whoever said that a team uses something; the row is about the team.",
    "forum.Event.created_by": "Whoever announced it; the event is not about that person.",
    "forum.EventMailing.written_by": "Whoever wrote to those who come; the letter is from the organiser.",
    "forum.EventMaterial.added_by": "Whoever put it out; the material is not about that person.",
    "forum.EventExport.by": "An arranger's office, kept for the log; the row is about a list.",
    "forum.EventSignUp.made_by": "Whoever signed somebody else up; the row is about that person.",
    "forum.Appeal.decided_by": "A moderator's office, kept for the log; the row is about whoever appealed.",
}.items():
    exempt(_column, reason=_reason)
