"""`openlfr deployment ...`: from the draft to the end of a deployment. Acts take `--as NAME` and a password."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rig.commands import Commands


def add(commands: "Commands") -> None:
    parser = commands.add_parser("deployment", help="draft, authorise, start, pause and end a deployment")
    actions = parser.add_subparsers(metavar="ACTION", required=True)

    def action(name: str, words: str, *, person: bool = True, of: bool = True) -> argparse.ArgumentParser:
        made = actions.add_parser(name, help=words, description=words)
        made.add_argument("--rig", type=Path, default=Path("rig.toml"), metavar="FILE", help="rig file (rig.toml)")
        if of:
            made.add_argument("deployment", help="its name or id")
        if person:
            made.add_argument(
                "--as", dest="name", metavar="NAME", required=True, help="who acts; asks for the password"
            )
        made.set_defaults(act=name, run=run)
        return made

    drafting = action("draft", "keep an application under the rig's policy", of=False)
    drafting.add_argument("file", type=Path, help=".toml or .json; begin with deploy/deployments/example.toml")
    drafting.add_argument("--again", metavar="DEPLOYMENT", help="put it in the place of this draft of yours")

    showing = action("show", "what is asked for and where it stands", person=False)
    showing.add_argument("--json", action="store_true", help="everything, for a program")
    listing = action("list", "all deployments, newest first", person=False, of=False)
    listing.add_argument("--json", action="store_true", help="for a program")
    action("check", "what stands between it and a search; exit code 1 where something does", person=False)

    action("submit", "ask for authority; names everything that is missing")
    action("take-back", "make a submitted application of yours a draft again")
    authorising = action("authorise", "sign for it")
    authorising.add_argument("--document", metavar="HASH", required=True, help="of what you have read: see `show`")
    authorising.add_argument("--reference", help="of the outside authority's decision")
    refusing = action("refuse", "refuse it, or its ratification, which ends it and erases what it did")
    refusing.add_argument("--reason", metavar="WORDS", required=True, help="without names; kept for good")
    ratifying = action("ratify", "sign for what was allowed as urgent")
    ratifying.add_argument("--reference", help="of the outside authority's decision")

    signage = action("signage", "say that items of the signage checklist are in place")
    signage.add_argument("item", nargs="+", help="codes of the policy: `check` names the missing ones")
    action("start", "begin the search")
    pausing = action("pause", "pause the search")
    pausing.add_argument("--reason", metavar="CODE", required=True, help="a code of the policy")
    pausing.add_argument("--note", help="without names; kept for good")
    action("resume", "go on with the search").add_argument("--note", help="without names; kept for good")
    raising = action("raise", "propose a higher threshold; it counts once another person seconds it")
    raising.add_argument("threshold", type=float)
    raising.add_argument("--reason", metavar="WORDS", required=True, help="without names; kept for good")
    seconding = action("second", "second the threshold that another person proposed")
    seconding.add_argument("threshold", type=float, help="the one that you agree to")
    ending = action("end", "end it for good")
    ending.add_argument("--reason", metavar="CODE", default="done", help="done, or a pause reason of the policy")


def run(options: argparse.Namespace) -> int:
    from rig import deployment_acts as acts
    from rig import deployment_views as views

    act: Callable[[argparse.Namespace], int] = {
        "draft": acts.draft,
        "show": views.show,
        "list": views.show_all,
        "check": views.check,
        "submit": acts.submit,
        "take-back": acts.take_back,
        "authorise": acts.authorise,
        "refuse": acts.refuse,
        "ratify": acts.ratify,
        "signage": acts.signage,
        "start": acts.start,
        "pause": acts.pause,
        "resume": acts.resume,
        "raise": acts.raise_threshold,
        "second": acts.second_threshold,
        "end": acts.end,
    }[options.act]
    return act(options)
