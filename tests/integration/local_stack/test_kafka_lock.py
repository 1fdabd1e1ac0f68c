"""The list of Kafka's jars is Maven's own, where Maven is there to be asked."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.local_stack.jars import locked_jars

pytestmark = [pytest.mark.integration, pytest.mark.soak, pytest.mark.timeout(300)]

ROOTS = (
    ("org.apache.kafka", "kafka_2.13", "4.2.1"),
    ("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.1"),
    ("org.apache.logging.log4j", "log4j-core", "2.25.1"),
)


def _pom() -> str:
    wanted = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></dependency>"
        for group, artifact, version in ROOTS
    )
    return (
        "<project><modelVersion>4.0.0</modelVersion>"
        "<groupId>hawk</groupId><artifactId>kafka</artifactId><version>1</version>"
        f"<dependencies>{wanted}</dependencies></project>"
    )


def test_lock_names_exactly_what_maven_resolves(tmp_path: Path) -> None:
    if shutil.which("mvn") is None:
        pytest.skip("no Maven on this machine")
    (tmp_path / "pom.xml").write_text(_pom())
    listed = tmp_path / "list.txt"
    done = subprocess.run(
        ("mvn", "-q", "-B", "dependency:list", f"-DoutputFile={listed}", "-DincludeScope=runtime"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        pytest.skip(f"Maven reaches no repository: {done.stdout[-300:]}")
    resolved = re.findall(r"^\s+([\w.-]+:[\w.-]+):jar:([\w.-]+):(?:compile|runtime)", listed.read_text(), re.MULTILINE)
    assert {f"{name}:{version}" for name, version in resolved} == {jar.coordinate for jar in locked_jars()}
