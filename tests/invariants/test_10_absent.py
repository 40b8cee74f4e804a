"""Invariant 10: search for unknown faces, scraped lists, following people, inferring what they are: not built."""

import argparse
import importlib
import re
from pathlib import Path
from typing import Any, get_args

from starlette.routing import Mount, Route

from alerts.service import AlertsService
from records.facts import FACTS
from records.ids import new_id
from records.schema import Base
from rig.cli import COMMANDS
from tests.invariants.outside import (
    JPEG,
    WANTED,
    Outside,
    answered,
    application_file,
    drafted,
    row_of,
    sent,
)
from tests.records.attacker import copy
from tests.watchlist.tables import write_table
from wire.messages import AnyMessage
from wire.sockets import Socket

FORBIDDEN_WORDS = (
    *("unknown_face", "stranger", "cluster", "reidentif", "identify", "lookalike_search", "similar_faces"),
    *("emotion", "mood", "gender", "sex", "ethnic", "race", "racial", "religion", "birth", "nationality", "skin"),
    *("scrape", "crawl", "social_media", "follow", "trajectory", "cross_deployment", "heatmap"),
)


def words_in(text: str) -> list[str]:
    parts = re.split(r"[^a-z0-9]+", text.casefold())
    plain = "_".join(parts)
    return [word for word in FORBIDDEN_WORDS if (word in parts if len(word) <= 4 else word in plain)]


def routes_of(app: Any) -> list[str]:
    return [f"{route.path}:{route.name}" for route in app.routes if isinstance(route, (Route, Mount))]


def test_invariant_10_no_route_command_message_fact_or_column_offers_it(outside: Outside) -> None:
    with outside.tablet("Ann") as ann:
        offered = routes_of(ann.http.app)
    assert len(offered) > 40
    helped = [help_of(name) for name in COMMANDS]
    offered += [line for text in helped for line in re.findall(r"(?m)^ {2,4}(-{0,2}[a-z][a-z-]+)", text)]
    offered += [f"{message.__name__}.{name}" for message in get_args(AnyMessage) for name in message.__struct_fields__]
    offered += [f"{table}.{column.name}" for table in Base.metadata.sorted_tables for column in table.columns]
    offered += [f"{kind}.{fact}" for kind, facts in FACTS.items() for fact in facts]
    assert {name: words_in(name) for name in offered if words_in(name)} == {}


def help_of(command: str) -> str:
    """What `openlfr COMMAND --help` says, and that of each of its actions."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    importlib.import_module(f"rig.commands.{command}").add(commands)
    texts = []
    for made in commands.choices.values():
        texts.append(made.format_help())
        for action in made._actions:
            if isinstance(action, argparse._SubParsersAction):
                texts += [inner.format_help() for inner in action.choices.values()]
    return "\n".join(texts)


def test_invariant_10_a_candidate_names_an_entry_of_its_own_deployment_or_nobody(
    outside: Outside, service: tuple[AlertsService, Socket]
) -> None:
    other = drafted(outside)
    with outside.database.write() as session:
        outside.vault.create_key(session, other, "alerts", "rig", outside.now())
    for changes in ({"deployment": other}, {"subject": new_id()}, {"subject": "unknown"}):
        fields = {"looks": 1, **changes}
        entry = str(fields.pop("subject", outside.entries[WANTED]))
        sent(service[1], outside.candidate(entry, **fields), (JPEG, JPEG))
        answered(service)
    assert outside.sql("SELECT count(*) FROM alerts") == outside.sql("SELECT count(*) FROM suppressed") == [(0,)]
    outside.alert()
    assert "never alerts" in outside.refuses(copy("alerts", "true", id="'new'", subject_id="'nobody'"))


def test_invariant_10_no_list_takes_scraped_pictures_or_what_a_person_is(outside: Outside, tmp_path: Path) -> None:
    drafted(outside)
    row = row_of(outside.folder, "N-1", 0)
    for column in ("ethnicity", "gender", "date of birth"):
        table = outside.folder / "brought" / "more.csv"
        write_table(table, [row])
        head, *rest = table.read_text("utf-8-sig").splitlines()
        table.write_text("\n".join([f"{head},{column}", *(f"{line},x" for line in rest)]))
        ran = outside.cli("watchlist", "import", "Elsewhere", table, by="Beryl")
        assert (ran.code, ran.err.count("\n")) == (2, 1), ran
    policy = tmp_path / "policy.toml"
    text = (outside.folder / "rig.toml").read_text()
    uk = Path(re.findall(r'file = "(.*uk\.toml)"', text)[0])
    policy.write_text(uk.read_text().replace('code = "prison"', 'code = "social_media"'))
    (outside.folder / "rig.toml").write_text(text.replace(str(uk), str(policy)))
    ran = outside.cli("deployment", "draft", application_file(outside.folder), by="Beryl")
    assert (ran.code, "social_media" in ran.err) == (2, True)
