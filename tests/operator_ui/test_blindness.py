"""Nobody learns a name, a similarity or a first vote before the time: searched for in whatever the server sends."""

import pytest

from tests.operator_ui.stage import LABEL, SIMILARITY, SUBJECT, THRESHOLD, Browser, Stage
from tests.operator_ui.streams import read_stream

FORBIDDEN = (LABEL, *LABEL.split(), SUBJECT, str(SIMILARITY), f"{SIMILARITY:.2f}", str(THRESHOLD), f"{THRESHOLD:.2f}")
LOADED_WORDS = ("match", "score", "rank", "category", "similarity")


def everything(browser: Browser, alert: str) -> str:
    addresses = (
        "/",
        "/queue",
        "/closed",
        "/record",
        f"/alerts/{alert}",
        "/api/alerts",
        "/api/alerts?state=closed",
        f"/api/alerts/{alert}",
        "/api/status",
        "/api/record",
    )
    answers = [browser.get(address) for address in addresses]
    assert all(answer.status_code == 200 for answer in answers), [answer.status_code for answer in answers]
    headers = "".join(f"{name}: {value}\n" for answer in answers for name, value in answer.headers.items())
    return "".join(answer.text for answer in answers) + headers


def test_before_the_judgement_nothing_names_or_measures_the_person(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        assert ann.post(f"/api/alerts/{alert}/reviews", {}).status_code == 200
        sent = everything(ann, alert) + read_stream(stage.app, ann, after=0)
        assert [word for word in FORBIDDEN if word in sent] == []


def test_the_review_page_has_no_word_that_pushes_towards_an_answer(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        for address in ("/", f"/alerts/{alert}", f"/api/alerts/{alert}", "/api/alerts"):
            text = ann.get(address).text.lower()
            assert [word for word in LOADED_WORDS if word in text] == [], address


def test_the_pictures_addresses_and_headers_name_nobody(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        seen = ann.get(f"/api/alerts/{alert}").json()
        pictures = [*seen["looks"], *(reference["url"] for reference in seen["references"]), seen["context"]]
        assert len(pictures) == 3 + 2 + 1
        for address in pictures:
            answer = ann.get(address)
            assert answer.headers["content-type"] == "image/jpeg"
            assert answer.headers["cache-control"] == "no-store"
            assert not any(word in f"{address}{answer.headers}" for word in FORBIDDEN)
            assert not any(word.encode() in answer.content for word in FORBIDDEN)


REFUSED: tuple[tuple[str, object], ...] = (
    ("adjudications", {"verdict": "same"}),
    ("adjudications", {"verdict": "same", "similarities": ["aura"]}),
    ("adjudications", {"verdict": "same", "marks": [{"picture": "look", "index": 7, "kind": "alike", "x": 0, "y": 0}]}),
    ("decisions", {"decision": "engage"}),
    ("decisions", {"decision": "not_them"}),
    ("stops", {"reason": "they ran"}),
    ("close", {"outcome": "not_engaged_lost"}),
    ("close", {"outcome": "confirmed_true"}),
    ("views", {"reason": "curious"}),
)
"""What a reviewer may try before the judgement, and is refused."""


def refusals(browser: Browser, alert: str) -> list[tuple[str, int, str]]:
    answers = [(name, browser.post(f"/api/alerts/{alert}/{name}", body)) for name, body in REFUSED]
    missing = ("looks/3", "references/4", "references/x")
    answers += [(name, browser.get(f"/alerts/{alert}/{name}")) for name in missing]
    assert all(400 <= answer.status_code < 500 for _, answer in answers), [answer.status_code for _, answer in answers]
    return [(name, answer.status_code, answer.text) for name, answer in answers]


def test_no_refusal_names_or_measures_the_person(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        told = "".join(text for _, _, text in refusals(ann, alert))
        assert [word for word in FORBIDDEN if word in told] == []


def test_refusals_and_pictures_do_not_tell_the_second_reviewer_of_the_first(stage_of_two: Stage) -> None:
    alert = stage_of_two.alert()
    with stage_of_two.client("ann") as ann, stage_of_two.client("bob") as bob:
        ann.post(f"/api/alerts/{alert}/reviews", {})
        seen = bob.get(f"/api/alerts/{alert}").json()
        addresses = [*seen["looks"], *(reference["url"] for reference in seen["references"]), seen["context"]]

        def told_to_bob() -> list[object]:
            pictures = [bob.get(address) for address in addresses]
            return [*refusals(bob, alert), *((dict(one.headers), one.content) for one in pictures)]

        before = told_to_bob()
        assert ann.judge(alert).status_code == 201
        assert told_to_bob() == before


def test_after_the_confirmation_the_entry_is_revealed(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        revealed = ann.judge(alert).json()["reveal"]
        assert (revealed["label"], revealed["category"], revealed["response"]) == (LABEL, "Volunteer", "act")
        assert (revealed["similarity"], revealed["threshold"]) == (SIMILARITY, THRESHOLD)
        page = ann.get(f"/alerts/{alert}").text
        assert LABEL in page
        assert "0.62" in page
        assert "0.43" in page
        assert "match" not in page.lower()


@pytest.mark.parametrize("verdict", ["different", "cannot_tell"])
def test_an_alert_that_people_doubted_never_reveals_its_entry(stage: Stage, verdict: str) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        assert ann.judge(alert, verdict).json()["reveal"] is None
        sent = everything(ann, alert) + read_stream(stage.app, ann, after=0)
        assert [word for word in FORBIDDEN if word in sent] == []


def test_the_first_of_two_reviewers_gets_no_reveal(stage_of_two: Stage) -> None:
    alert = stage_of_two.alert()
    with stage_of_two.client("ann") as ann:
        assert ann.judge(alert).json()["step"] == "wait"
        sent = everything(ann, alert) + read_stream(stage_of_two.app, ann, after=0)
        assert [word for word in FORBIDDEN if word in sent] == []
        assert "Waiting for another person" in ann.get(f"/alerts/{alert}").text


def test_the_second_reviewer_cannot_tell_that_a_first_has_voted(stage_of_two: Stage) -> None:
    """Everything sent to Bob is the same before and after Ann's vote."""
    alert = stage_of_two.alert()
    with stage_of_two.client("Xanthippe") as ann, stage_of_two.client("bob") as bob:
        ann.post(f"/api/alerts/{alert}/reviews", {})

        def sent_to_bob() -> list[str]:
            sent = [bob.get(address).text for address in ("/api/alerts", f"/api/alerts/{alert}", "/queue")]
            return [*sent, bob.get("/api/status").text, bob.get("/api/record").text]

        before = sent_to_bob(), read_stream(stage_of_two.app, bob, after=0)
        assert ann.judge(alert).status_code == 201
        assert (sent_to_bob(), read_stream(stage_of_two.app, bob, after=0)) == before
        assert "second_review" in read_stream(stage_of_two.app, ann, after=0)
        assert "Xanthippe" not in bob.get(f"/alerts/{alert}").text


def test_both_reviewers_and_the_officer_see_the_reveal_after_the_second_same(stage_of_two: Stage) -> None:
    alert = stage_of_two.alert()
    with (
        stage_of_two.client("ann") as ann,
        stage_of_two.client("bob") as bob,
        stage_of_two.client("cid", "engagement_officer") as cid,
    ):
        ann.judge(alert)
        assert cid.get(f"/api/alerts/{alert}").json()["step"] == "hold"
        assert bob.judge(alert).json()["step"] == "decide"
        for browser in (ann, bob, cid):
            assert browser.get(f"/api/alerts/{alert}").json()["reveal"]["label"] == LABEL


def test_disagreement_of_two_reviewers_reveals_nothing(stage_of_two: Stage) -> None:
    alert = stage_of_two.alert()
    with stage_of_two.client("ann") as ann, stage_of_two.client("bob") as bob:
        ann.judge(alert)
        closed = bob.judge(alert, "different").json()
        assert (closed["state"], closed["outcome"], closed["reveal"]) == ("closed", "undetermined", None)
        assert LABEL not in everything(ann, alert) + everything(bob, alert)


def test_the_three_answers_come_in_changing_order_and_none_is_chosen(stage: Stage) -> None:
    alert = stage.alert()
    with stage.client("ann") as ann:
        orders = set()
        for _ in range(40):
            page = ann.get(f"/alerts/{alert}").text
            orders.add(tuple(sorted(("same", "different", "cannot_tell"), key=lambda v: page.index(f'value="{v}"'))))
            assert "checked" not in page
        assert len(orders) > 3
