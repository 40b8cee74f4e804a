"""Invariant 9: every view of an entry or an alert, and every export, is logged with who and why."""

from records.facts import Kind
from tests.invariants.outside import (
    JPEG,
    NAME,
    NAMES,
    REFERENCES,
    WANTED,
    Outside,
    exported,
)


def test_invariant_9_no_face_and_no_name_opens_before_a_reason_is_in_the_ledger(outside: Outside) -> None:
    alert, entry = outside.alert(), outside.entries[WANTED]
    with outside.tablet("Ann") as ann:
        ann.judge(alert, "different")
    picture = outside.sql("SELECT id FROM entry_pictures WHERE entry_id = ?", entry)[0][0]
    at = f"/watchlist/{outside.deployment}/entries/{entry}"
    shows = [*(f"/alerts/{alert}/{what}" for what in ("looks/0", "looks/1", "thumbnail", "references/0", "context"))]
    with outside.tablet("Vera") as vera:
        vera_id = outside.person("Vera")
        for address in (*shows, f"/alerts/{alert}", f"/api/alerts/{alert}", f"{at}/portraits/{picture}", at):
            for answer in (vera.get(address), vera.http.head(address)):
                assert "image" not in answer.headers["content-type"], address
                assert NAMES[WANTED] not in answer.text
        assert vera_id not in {who for who, _ in outside.told(Kind.ALERT_VIEWED) + outside.told(Kind.ENTRY_VIEWED)}
        for unknown in ("", "curiosity", "review "):
            assert vera.post(f"/api/alerts/{alert}/views", {"reason": unknown}).status_code in (403, 422)
            assert vera.post(f"/api{at}/views", {"reason": unknown}).status_code == 422
        assert vera.post(f"/api/alerts/{alert}/views", {"reason": "complaint"}).status_code == 201
        assert vera.post(f"/api{at}/views", {"reason": "audit"}).status_code == 201
        for address in (*shows, f"{at}/portraits/{picture}"):
            assert vera.get(address).headers["content-type"] == "image/jpeg", address
    assert (vera_id, {"alert": alert, "reason": "complaint"}) in outside.told(Kind.ALERT_VIEWED)
    seen = {"deployment": outside.deployment, "entry": entry, "reason": "audit"}
    assert outside.told(Kind.ENTRY_VIEWED) == [(vera_id, seen)]


def test_invariant_9_the_command_line_shows_an_entry_to_a_named_person_with_a_reason_only(outside: Outside) -> None:
    show = ("watchlist", "show", outside.deployment, "--entry", outside.entries[WANTED])
    for refused in (
        outside.cli(*show),
        outside.cli(*show, by="Vera"),
        outside.cli(*show, "--reason", "audit"),
        outside.cli(*show, "--reason", "curiosity", by="Vera"),
        outside.cli(*show, "--reason", "audit", by="Adam"),
        outside.cli(*show, "--reason", "audit", by="Vera", said="another password\n"),
    ):
        assert (refused.code, NAMES[WANTED] in refused.out + refused.err) == (2, False)
    assert not outside.told(Kind.ENTRY_VIEWED)
    shown = outside.cli(*show, "--reason", "audit", by="Vera")
    assert (shown.code, NAMES[WANTED] in shown.out) == (0, True)
    assert [who for who, _ in outside.told(Kind.ENTRY_VIEWED)] == [outside.person("Vera")]
    for act in (("watchlist", "show", outside.deployment), ("deployment", "show", NAME), ("deployment", "list")):
        assert not any(name in outside.cli(*act).out for name in (*NAMES, *REFERENCES))


def test_invariant_9_no_export_leaves_without_a_person_and_a_reason_in_the_ledger(outside: Outside) -> None:
    file = outside.folder / "ledger.jsonl"
    for refused in (
        outside.cli("ledger", "export", file, "--reason", "curiosity", by="Vera"),
        outside.cli("ledger", "export", file, "--reason", "audit", by="Ann"),
        outside.cli("ledger", "export", file, "--reason", "audit", by="Vera", said="another password\n"),
    ):
        assert (refused.code, file.exists()) == (2, False), refused
    assert not outside.told(Kind.EXPORT_MADE)
    assert '"export_made"' in exported(outside).read_text().splitlines()[-2]
    assert outside.told(Kind.EXPORT_MADE) == [(outside.person("Vera"), {"what": "ledger", "reason": "audit"})]


def test_invariant_9_the_files_alone_show_nobody(outside: Outside) -> None:
    outside.alert()
    for path, content in outside.bytes_on_disk().items():
        assert JPEG not in content, path
        assert not any(name.encode() in content for name in (*NAMES, *REFERENCES)), path
    key = outside.rig.config.keys_folder / "master.key"
    key.write_bytes(key.read_bytes()[:-1] + bytes([key.read_bytes()[-1] ^ 1]))
    show = ("watchlist", "show", outside.deployment, "--entry", outside.entries[WANTED], "--reason", "audit")
    assert outside.cli(*show, by="Vera").code == 2
