"""Production's `collectstatic`, in a second instead of a quarter of a minute.

Nearly all of its time goes to Brotli's best compression. With its fifth everything is a tenth heavier, so that a page
which is light enough here is so in production.
"""

import os
from functools import partial

import brotli
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    brotli.compress = partial(brotli.compress, quality=5)
    execute_from_command_line(["manage.py", "collectstatic", "--no-input", "--verbosity=0"])
