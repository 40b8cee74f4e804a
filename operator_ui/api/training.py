"""Trials over HTTP: begin, answer, break off; skip a refresher. Every answer is final."""

import msgspec
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from alerts import trials
from alerts.people import get_person
from alerts.states import Verdict
from alerts.trial_rules import Kind
from operator_ui.answers import answer_json
from operator_ui.api_routes import api_route
from operator_ui.bodies import read_json
from operator_ui.desk import desk_of
from operator_ui.steps import Viewer
from operator_ui.training import rules_in


class NewTrialBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Kind


class AnswerBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    position: int
    """Of the pair, from 0: an answer that is sent twice counts once."""
    verdict: Verdict


class TrialBegun(msgspec.Struct, frozen=True):
    trial: str


class PairAnswered(msgspec.Struct, frozen=True):
    truth: str | None
    """What the pair shows, where the trial tells: `same` or `different`."""
    ended: bool


async def begin(request: Request, viewer: Viewer) -> Response:
    desk, body = desk_of(request), await read_json(request, NewTrialBody)
    now = desk.now()

    def start(session: Session) -> TrialBegun:
        person, rules = get_person(session, viewer.person_id), rules_in(session, desk)
        return TrialBegun(trials.begin(session, desk.pairs, person, body.kind, rules, now).id)

    return answer_json(await desk.write(start), 201)


async def answer(request: Request, viewer: Viewer) -> Response:
    desk, body, trial_id = desk_of(request), await read_json(request, AnswerBody), request.path_params["trial_id"]
    now = desk.now()

    def take(session: Session) -> PairAnswered:
        trial, rules = trials.own_trial(session, trial_id, viewer.person_id), rules_in(session, desk)
        made = trials.answer(session, desk.pairs, trial, body.position, body.verdict, rules, now)
        return PairAnswered(made.truth, made.ended)

    return answer_json(await desk.write(take), 201)


async def break_off(request: Request, viewer: Viewer) -> Response:
    desk, trial_id = desk_of(request), request.path_params["trial_id"]
    now = desk.now()
    await desk.write(
        lambda session: trials.break_off(session, trials.own_trial(session, trial_id, viewer.person_id), now)
    )
    return Response(status_code=204)


async def skip(request: Request, viewer: Viewer) -> Response:
    desk = desk_of(request)
    now = desk.now()

    def leave(session: Session) -> None:
        person, rules = get_person(session, viewer.person_id), rules_in(session, desk)
        trials.skip_refresher(session, desk.pairs, person, rules, now)

    await desk.write(leave)
    return Response(status_code=204)


ROUTES = [
    api_route(
        "POST",
        "/api/training/trials",
        begin,
        *trials.TRIED,
        says="Begins a test, a refresher or a run of practice with labelled pairs.",
        takes=NewTrialBody,
        gives=TrialBegun,
        status=201,
    ),
    api_route(
        "POST",
        "/api/training/trials/{trial_id}/answers",
        answer,
        *trials.TRIED,
        says="Answers the pair that waits; final.",
        takes=AnswerBody,
        gives=PairAnswered,
        status=201,
    ),
    api_route(
        "POST",
        "/api/training/trials/{trial_id}/end",
        break_off,
        *trials.TRIED,
        says="Breaks a refresher or practice off; a test waits until it is finished.",
        status=204,
    ),
    api_route(
        "POST",
        "/api/training/refresher/skip",
        skip,
        *trials.TRIED,
        says="Skips the refresher of this shift, which is recorded.",
        status=204,
    ),
]
