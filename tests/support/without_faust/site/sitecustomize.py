"""Python imports this at the start of each process with the folder on its path: see tests.support.without_faust."""

import os
import sys

if "HAWK_TEST_WITHOUT_FAUST" in os.environ and sys.orig_argv[1:3] == ["-m", "services.monitor"]:
    from tests.support.without_faust.inside import install

    install(os.environ["HAWK_TEST_WITHOUT_FAUST"])
