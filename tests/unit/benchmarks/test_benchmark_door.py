"""What the benchmark of the check at the door concludes, and how it leaves the check out."""

import subprocess
import sys
from pathlib import Path

from benchmarks.door import ROOT, told
from benchmarks.unchecked import write_site

PROGRAM = """
from shared.messaging.handling import MessageHandling
handling = MessageHandling(service="parser", group="g", subscriptions=(), pool=None, projector=None)
print(handling._present.__name__)
"""


def test_median_of_the_pairs_decides_not_their_mean() -> None:
    pairs = [(104.0, 100.0), (103.0, 100.0), (300.0, 100.0), (100.0, 100.0), (102.0, 100.0)]
    sentence, well = told(pairs)
    assert well
    assert "median ratio 1.030" in sentence
    assert not told([(106.0, 100.0)] * 5)[1]


def test_check_is_left_out_in_services_of_that_hawk_alone(tmp_path: Path) -> None:
    write_site(tmp_path / "site", tmp_path / "switch")

    def present(*arguments: str) -> str:
        environment = {"PYTHONPATH": f"{tmp_path / 'site'}:{ROOT}"}
        command = (sys.executable, "-c", PROGRAM, *arguments)
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    assert present() == "presented"
    assert present("services.parser") == "chosen"
