"""What people hold on to is written down: every setting, every command, every part, every make target."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tracker import app, cli
from tracker.config import Settings
from tracker.local import account

ROOT = Path(__file__).parents[2]
MOST_NEEDED = 7
COMMANDS = (
    "db upgrade",
    "campaign apply",
    "campaign list",
    "campaign show",
    "process",
    "sync",
    "rebuild",
    "progress",
    "export",
    "close-month",
    "reopen-month",
    "import",
    "user add",
    "token add",
    "articles import",
    "embed-doctor",
    "stripe connect",
    "stripe check",
    "run",
)


def written(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def example_groups() -> list[dict[str, str]]:
    """Setting -> the comment above it, a dict for each part of .env.example between blank lines."""
    groups = []
    for part in written(".env.example").split("\n\n"):
        found, comment = {}, ""
        for line in part.splitlines():
            name, is_setting, _ = line.partition("=")
            if line.startswith("#"):
                comment = line.removeprefix("#").strip()
            elif is_setting:
                found[name], comment = comment, ""
        if found:
            groups.append(found)
    return groups


def test_every_setting_stands_in_the_example_with_a_comment_and_nothing_else_does() -> None:
    example = {name: comment for group in example_groups() for name, comment in group.items()}
    assert set(example) == {name.upper() for name in Settings.model_fields}
    assert [name for name, comment in example.items() if not comment] == []


def test_at_most_seven_settings_are_needed_and_they_come_first() -> None:
    needed = example_groups()[0]
    assert len(needed) <= MOST_NEEDED
    assert {*app.NEEDED, "REDIS_URL", "STRIPE_WEBHOOK_SECRETS"} <= set(needed)


def commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command that is shown, by its words."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        elif not command.hidden:
            yield before + name, command


def test_the_contract_s_commands_are_there() -> None:
    assert set(COMMANDS) - {words for words, _ in commands(cli.tracker)} == set()


@pytest.mark.parametrize(("words", "command"), list(commands(cli.tracker)), ids=lambda one: str(one))
def test_every_command_says_what_it_does(words: str, command: click.Command) -> None:
    assert command.help, f"tracker {words} has no help text"
    shown = CliRunner().invoke(cli.tracker, [*words.split(), "--help"])
    assert shown.exit_code == 0 and " ".join(command.help.split()) in " ".join(shown.output.split())
    undescribed = [
        one.name
        for one in command.params
        if isinstance(one, click.Option) and not one.hidden and not one.help and one.type.name != "choice"
    ]
    assert not undescribed, f"tracker {words}: options without help"


def test_every_part_of_the_house_is_on_the_map_in_its_order() -> None:
    contract = tomllib.loads(written("pyproject.toml"))["tool"]["importlinter"]["contracts"][0]
    layers = [re.split(r"\s*[|:]\s*", layer) for layer in contract["layers"]]
    rows = re.findall(r"^\| (`[^|]+) \|", written("docs/architecture.md"), re.MULTILINE)
    place = {part: row for row, cells in enumerate(rows) for part in re.findall(r"`(\w+)`", cells)}
    parts = [part for layer in layers for part in layer] + contract["exhaustive_ignores"]
    assert set(parts) - {"migrations"} - set(place) == set(), "the map in docs/architecture.md misses these"
    highest = [min(place[part] for part in layer) for layer in layers]
    assert highest == sorted(highest), "docs/architecture.md lists the parts in another order than the contract"


def test_what_the_readme_says_can_be_typed() -> None:
    text = "\n".join(written(name) for name in ("README.md", "CONTRIBUTING.md"))
    targets = set(re.findall(r"^(\w+):.*## ", written("Makefile"), re.MULTILINE))
    assert set(re.findall(r"\bmake (\w+)\b", " ".join(re.findall(r"`[^`]+`|^make \w+", text, re.M)))) <= targets
    known = {words for words, _ in commands(cli.tracker)}
    for line in re.findall(r"^tracker ([a-z -]+)", text, re.MULTILINE) + re.findall(r"`tracker ([a-z -]+)", text):
        words = line.split()
        assert words[0] in known or " ".join(words[:2]) in known, f"tracker {line}"


def test_every_document_that_is_named_is_there() -> None:
    named = set(re.findall(r"`((?:docs/[\w/-]+|[A-Z]+)\.md)`", written("README.md") + written("CONTRIBUTING.md")))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_readme_names_what_a_start_as_root_leaves_on_the_machine() -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("### Running as root")[2]
    assert f"`{account.SYSTEM_USER}`" in section
