"""An operator's own training: the test that the role takes, the refresher, practice. Its pictures are of no alert."""

import secrets

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alerts import trials
from operator_ui.access import guard
from operator_ui.desk import desk_of
from operator_ui.rendering import render
from operator_ui.steps import Viewer
from operator_ui.training import TrialView, picture, rules_in, training_view, trial_view
from operator_ui.words import VERDICTS


async def training_page(request: Request, viewer: Viewer) -> Response:
    desk = desk_of(request)
    after, now = desk.feed.latest, desk.now()
    view = await desk.read(lambda session: training_view(session, desk, viewer, now))
    return render(request, "training.html", viewer, training=view, after=after)


async def trial_page(request: Request, viewer: Viewer) -> Response:
    """The pair that waits for its answer, or the result. Going back or loading again shows the same pair."""
    desk, trial_id = desk_of(request), request.path_params["trial_id"]
    after, now = desk.feed.latest, desk.now()

    def look(session: Session) -> TrialView:
        trial = trials.own_trial(session, trial_id, viewer.person_id)
        trials.show(session, trial, now)
        return trial_view(trial, rules_in(session, desk))

    view = await desk.write(look)
    # A new order each time, as in the review.
    verdicts = secrets.SystemRandom().sample(list(VERDICTS), len(VERDICTS))
    template = "trial.html" if view.ended_at is None else "trial_result.html"
    return render(request, template, viewer, trial=view, verdicts=verdicts, after=after)


async def trial_picture(request: Request, viewer: Viewer) -> Response:
    desk, path = desk_of(request), request.path_params
    jpeg = await desk.read(
        lambda session: picture(session, desk, path["trial_id"], path["position"], path["side"], viewer)
    )
    return Response(jpeg, media_type="image/jpeg")


ROUTES = [
    Route("/training", guard(training_page, *trials.TRIED, page=True), methods=["GET"]),
    Route("/training/{trial_id}", guard(trial_page, *trials.TRIED, page=True), methods=["GET"]),
    Route("/training/{trial_id}/pictures/{position:int}/{side}", guard(trial_picture, *trials.TRIED), methods=["GET"]),
]
