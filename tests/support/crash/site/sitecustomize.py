"""Python imports this at the start of every process that has the folder on its path: see tests.support.crash.inside."""

import os
import sys

if "HAWK_CHAOS_DIR" in os.environ:
    from tests.support.crash.inside import install

    install(sys.orig_argv)
