"""Who may import whom, and that importing alone does nothing to the outside."""

import subprocess
import sys
from collections import Counter, defaultdict

import pytest

from tests.house.source import ROOT, dotted, imported, modules, name_of

#: What importing may not do. `ctypes` and file reads are no business of this test.
FORBIDDEN_EVENTS = ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.fork")

SERVICES = ("parser", "approval", "executor", "monitor")

IMPORT_ALL = f"""
import importlib, sys
forbidden, seen = {FORBIDDEN_EVENTS!r}, []
sys.addaudithook(lambda event, details: seen.append((event, details[:2])) if event in forbidden else None)
for name in sys.stdin.read().split():
    importlib.import_module(name)
    if seen:
        raise SystemExit(f"importing {{name}}: {{seen}}")
print("done")
"""


def test_the_import_contracts_are_kept() -> None:
    # Without its cache, which takes a module that was moved for the one that it was.
    lint = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    done = subprocess.run((sys.executable, "-c", lint), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_pure_domain_imports_the_standard_library_and_money_only() -> None:
    allowed = sys.stdlib_module_names | {"shared"}
    for file in modules():
        name = dotted(file)
        if not name.startswith("shared.hedging"):
            continue
        for module in imported(file):
            assert module.partition(".")[0] in allowed, f"{name_of(file)} imports {module}"
            if module.startswith("shared"):
                assert module.startswith(("shared.hedging", "shared.money")), f"{name_of(file)} imports {module}"


#: Rooms of `shared` that fewer than two services use, and why they stand there.
SHARED_ALL_THE_SAME = {
    "shared.relay": "publishes the events of all services, as a process of its own",
    "shared.migrations": "makes the schemas of all services, before there is one",
}


def room_of(module: str) -> str:
    """`shared.messaging` of a module there; `services.parser` of one of that service."""
    return ".".join(module.split(".")[:2])


def test_shared_holds_what_two_or_more_services_use() -> None:
    uses: dict[str, set[str]] = defaultdict(set)
    for file in modules():
        uses[room_of(dotted(file))] |= {room_of(each) for each in imported(file) if each.startswith("shared.")}

    def reached(room: str) -> set[str]:
        found: set[str] = set()
        ahead = [room]
        while ahead:
            new = uses[ahead.pop()] - found
            found |= new
            ahead += new
        return found

    used_by = Counter(room for service in SERVICES for room in reached(f"services.{service}"))
    rooms = {room_of(dotted(file)) for file in modules() if name_of(file).startswith("shared/")} - {"shared"}
    assert {room for room in rooms if used_by[room] < 2} == SHARED_ALL_THE_SAME.keys()


def test_faust_is_imported_in_the_monitor_only() -> None:
    users = [dotted(file) for file in modules() if any(name.partition(".")[0] == "faust" for name in imported(file))]
    assert users
    assert all(user.startswith("services.monitor.") for user in users)


@pytest.mark.timeout(300)
def test_importing_a_module_opens_no_connection_and_starts_no_process() -> None:
    names = [dotted(file) for file in modules()]
    done = subprocess.run(
        (sys.executable, "-c", IMPORT_ALL),
        cwd=ROOT, input="\n".join(names), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip().endswith("done"), done.stdout + done.stderr
