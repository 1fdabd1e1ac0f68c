"""What each process may know, and that the containers start the same ones."""

from pathlib import Path

import pytest
import yaml

from tools.local_stack.keys import ensure_keys
from tools.local_stack.paths import DataDir
from tools.local_stack.prepare import hand_out_private_keys
from tools.local_stack.servers import ALL_ROLES, OwnServers, dsn_by_role, dsn_for, keep_passwords
from tools.local_stack.services import MODULES, ROLES, KeyFiles, Surroundings, entry_command, environment_of

ROOT = Path(__file__).resolve().parents[3]
HALVES = ("private", "public")
ADMIN = "postgresql://postgres@127.0.0.1:5432/hawk"


def around(inherited: dict[str, str] | None = None, *, profile: str = "demo") -> Surroundings:
    keys = Path("/keys")
    files = [keys / f"{name}_{half}.pem" for name in ("grant", "relay", "murex", "feed_demo") for half in HALVES]
    files += [keys / "feeds.toml", *(keys / f"issuer_{half}.pem" for half in HALVES if profile == "demo")]
    return Surroundings(
        data=DataDir(Path("/data")),
        bootstrap="127.0.0.1:9092",
        dsn_by_role=dsn_by_role(ADMIN),
        keys=KeyFiles(*files),
        profile=profile,
        murex_script=Path("/script.yaml"),
        inherited=inherited or {},
    )


@pytest.mark.parametrize("name", MODULES)
def test_process_gets_its_own_connection_string_and_no_other(name: str) -> None:
    environment = environment_of(name, 8080, around({"HAWK_POSTGRES_DSN": ADMIN}))
    wanted = None if name == "murex" else dsn_for(ADMIN, ROLES[name])
    assert environment.get("HAWK_POSTGRES_DSN") == wanted
    assert ADMIN not in environment.values()


@pytest.mark.parametrize("name", MODULES)
def test_each_private_key_goes_to_the_one_process_that_signs_with_it(name: str) -> None:
    signers = {"approval": "GRANT", "relay": "RELAY", "murex": "MUREX"}
    inherited = {f"HAWK_{key}_PRIVATE_KEY_FILE": "/theirs" for key in (*signers.values(), "ISSUER", "FEED")}
    environment = environment_of(name, 8080, around(inherited))
    has_private = {key for key in environment if key.endswith("PRIVATE_KEY_FILE")}
    assert has_private == ({f"HAWK_{signers[name]}_PRIVATE_KEY_FILE"} if name in signers else set())
    assert "/theirs" not in environment.values()


@pytest.mark.parametrize(
    ("process", "variable"), [("executor", "HAWK_MUREX_PUBLIC_KEY_FILE"), ("monitor", "HAWK_RELAY_PUBLIC_KEY_FILE")]
)
def test_public_keys_that_the_caller_names_count_outside_the_demo(process: str, variable: str) -> None:
    theirs = {variable: "/bank/old.pem:/bank/new.pem"}
    assert environment_of(process, 8080, around(theirs, profile="own"))[variable] == theirs[variable]
    made_here = environment_of(process, 8080, around({variable: ""}, profile="own"))[variable]
    assert made_here.startswith("/keys/")
    assert environment_of(process, 8080, around(theirs))[variable] == made_here


def test_issuer_key_is_not_handed_out_on_servers_of_the_users_own() -> None:
    environment = environment_of("approval", 8080, around(profile="own"))
    assert "HAWK_ISSUER_PUBLIC_KEY_FILE" not in environment
    assert environment["HAWK_PROFILE"] == "own"


def test_settings_of_the_caller_reach_the_processes() -> None:
    assert environment_of("executor", 8080, around({"HAWK_LOG_LEVEL": "DEBUG"}))["HAWK_LOG_LEVEL"] == "DEBUG"


@pytest.mark.parametrize(
    ("environment", "local"),
    [
        ({}, True),
        ({"HAWK_KAFKA_BOOTSTRAP": "k:1"}, False),
        ({"HAWK_POSTGRES_DSN": ADMIN}, False),
        ({"HAWK_POSTGRES_DSN": ""}, True),
    ],
)
def test_servers_are_local_only_when_none_is_named(environment: dict[str, str], local: bool) -> None:
    assert OwnServers.from_environment(environment).all_local is local


def test_dsn_of_a_role_keeps_place_and_options_and_takes_its_own_password() -> None:
    dsn = dsn_for("postgresql://admin:se:cret@db:6543/hawk?sslmode=require", "hawk_reader", "a/b")
    assert dsn == "postgresql://hawk_reader:a%2Fb@db:6543/hawk?sslmode=require"


def test_passwords_are_kept_and_differ_by_role(tmp_path: Path) -> None:
    file = tmp_path / "role-passwords.json"
    passwords = keep_passwords(file)
    assert keep_passwords(file) == passwords
    assert len(set(passwords.values())) == len(ALL_ROLES)
    assert file.stat().st_mode & 0o777 == 0o600


def compose() -> dict[str, dict[str, object]]:
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    services: dict[str, dict[str, object]] = document["services"]
    return services


@pytest.mark.parametrize("name", MODULES)
def test_container_is_entered_as_the_supervisor_enters_the_process(name: str) -> None:
    assert tuple(compose()[name]["command"]) == entry_command(MODULES[name])  # type: ignore[call-overload]


def volumes_of(name: str) -> dict[str, str]:
    """Volume -> where a container mounts it."""
    mounted = [str(each).split(":") for each in compose()[name].get("volumes", ())]  # type: ignore[attr-defined]
    return {volume: place for volume, place, *_ in mounted}


@pytest.mark.parametrize("name", MODULES)
def test_container_mounts_no_private_key_but_its_own(name: str) -> None:
    signers = {"approval": "grant", "relay": "relay", "murex": "murex"}
    keys = {volume: place for volume, place in volumes_of(name).items() if "key" in volume} | {"public-keys": ""}
    del keys["public-keys"]
    if name not in signers:
        assert keys == {}
        return
    assert keys == {f"{name}-key": "/var/lib/hawk-private"}
    environment = compose()[name]["environment"]
    assert isinstance(environment, dict)
    private = environment[f"HAWK_{signers[name].upper()}_PRIVATE_KEY_FILE"]
    assert private == f"/var/lib/hawk-private/{signers[name]}_private.pem"
    # The preparing container writes that file where only this container looks.
    assert volumes_of("prepare")[f"{name}-key"] == f"/var/lib/hawk-private/{name}"


def test_volume_of_all_keys_is_mounted_by_the_preparing_container_alone() -> None:
    assert [name for name in compose() if "keys" in volumes_of(name)] == ["prepare"]


def test_private_keys_are_handed_out_each_into_the_folder_of_its_owner(tmp_path: Path) -> None:
    keys = ensure_keys(DataDir(tmp_path / "data"), with_issuer=True)
    for _ in range(2):
        hand_out_private_keys(keys, tmp_path / "handed")
    handed = sorted((tmp_path / "handed").rglob("*.pem"))
    assert [str(file.relative_to(tmp_path / "handed")) for file in handed] == [
        "approval/grant_private.pem", "murex/murex_private.pem", "reference/feed_demo_private.pem",
        "relay/relay_private.pem",
    ]  # fmt: skip
    assert {file.stat().st_mode & 0o777 for file in handed} == {0o600}
    assert handed[0].read_bytes() == keys.grant_private.read_bytes()


def test_containers_have_both_servers_and_wait_for_their_preparation() -> None:
    services = compose()
    assert str(services["kafka"]["image"]).startswith("apache/kafka:4.")
    assert services["postgres"]["image"] == "postgres:18"
    for name in MODULES:
        assert services[name]["depends_on"] == {"prepare": {"condition": "service_completed_successfully"}}
        assert services[name]["image"] == "hawk"


@pytest.mark.parametrize("name", MODULES)
def test_container_gets_what_the_supervisor_gives_the_process(name: str) -> None:
    environment = compose()[name]["environment"]
    if not isinstance(environment, dict):
        raise TypeError(environment)
    given = environment_of(name, 8080, around()).keys()
    from_image = {"HAWK_HTTP_PORT", "HAWK_DATA_DIR", "PYTHONUNBUFFERED", "HAWK_MUREX_SCRIPT"}
    assert given - from_image <= environment.keys()
    if name in ROLES:
        assert f"//{ROLES[name]}:" in environment["HAWK_POSTGRES_DSN"]


def test_the_one_who_loads_reference_data_signs_with_the_key_of_the_demos_feed() -> None:
    environment = compose()["reference"]["environment"]
    if not isinstance(environment, dict):
        raise TypeError(environment)
    assert environment["HAWK_FEED_PRIVATE_KEY_FILE"].endswith("/feed_demo_private.pem")
    assert compose()["reference"]["volumes"] == ["reference-key:/var/lib/hawk-private:ro"]


def test_a_list_of_feeds_of_the_callers_own_is_the_one_that_counts() -> None:
    assert environment_of("executor", 8080, around())["HAWK_FEED_KEYS_FILE"] == "/keys/feeds.toml"
    own = around({"HAWK_FEED_KEYS_FILE": "/etc/hawk/feeds.toml"})
    assert environment_of("executor", 8080, own)["HAWK_FEED_KEYS_FILE"] == "/etc/hawk/feeds.toml"
