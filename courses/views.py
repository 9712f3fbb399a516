"""What readers of courses ask for besides the pages themselves."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

from courses.rendering import is_twin


def refuse_reader(request: HttpRequest, *, sign_in_required: bool) -> HttpResponse | None:
    """Send an anonymous reader of a closed course to the sign-in page; None when reading is fine.

    A page rendered for keeping is let through here and guarded when it is handed out.
    """
    if sign_in_required and not is_twin(request) and not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    return None
