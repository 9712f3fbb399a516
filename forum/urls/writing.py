"""Writing: new topics, answers, drafts, files."""

from django.urls import URLPattern, URLResolver, path

from forum.views import attachments, composing, drafts, own_posts

urlpatterns: list[URLPattern | URLResolver] = [
    path("forum/rom/<slug:slug>/ny-trad/", composing.topic_start, name="topic-start"),
    path("forum/trad/<int:pk>/svar/", composing.reply, name="reply"),
    path("forum/innlegg/<int:pk>/rediger/", composing.post_edit, name="post-edit"),
    path("forum/innlegg/<int:pk>/slett/", own_posts.post_delete, name="post-delete"),
    path("forum/innlegg/<int:pk>/historikk/", own_posts.post_history, name="post-history"),
    path("forum/utkast/", drafts.drafts, name="drafts"),
    path("forum/utkast/lagre/", drafts.draft_save, name="draft-save"),
    path("forum/utkast/<int:pk>/slett/", drafts.draft_delete, name="draft-delete"),
    path("forum/utkast/fortsett/", composing.resume, name="resume"),
    path("forum/utkast/navn/", drafts.mention_names, name="mention-names"),
    path("forum/vedlegg/<uuid:key>/", attachments.attachment, name="attachment"),
]
