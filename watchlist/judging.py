"""Judging a row: its data, whether it is new, and each of its pictures. Writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec

from records.ids import new_id
from records.policy import Policy
from records.vault import Vault
from watchlist.enrolment import Enrolled, Refused, enrol_picture
from watchlist.errors import PictureRefused, UnreadablePicture
from watchlist.faces import FaceReader
from watchlist.findings import Finding
from watchlist.listed_already import ListedAlready
from watchlist.picture_files import Source
from watchlist.pictures import decode_picture
from watchlist.quality import Floor, Reason
from watchlist.references import digest, file_digest
from watchlist.row_checks import CheckedRow, PictureNamed, check_row
from watchlist.rows import Row


@dataclass(frozen=True)
class RowResult:
    """What came of one row."""

    row: int
    accepted: bool
    entry_id: str | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class AcceptedPicture:
    enrolled: Enrolled
    named: PictureNamed
    file_digest: str


@dataclass(frozen=True)
class Judged:
    """A judged row, ready to be stored; without `pictures` nothing but its result is."""

    result: RowResult
    checked: CheckedRow | None = None
    reference_digest: str = ""
    pictures: tuple[AcceptedPicture, ...] = ()


class Judge:
    """Decides on one row after the other; remembers each accepted one."""

    def __init__(
        self,
        vault: Vault,
        deployment_id: str,
        policy: Policy,
        officers: Mapping[str, str],
        source: Source,
        known: ListedAlready,
        reader: FaceReader,
        floor: Floor,
    ) -> None:
        """`officers`: ids of the active authorising officers, by name."""
        self._vault, self._deployment_id = vault, deployment_id
        self._policy, self._officers = policy, officers
        self._source, self._known, self._reader, self._floor = source, known, reader, floor
        self._key = vault.reference_key()
        self._dimension: int | None = None
        self.pictures = 0
        """Accepted so far."""

    def judge(self, row: Row, now: datetime) -> Judged:
        checked, findings = check_row(row, self._policy, self._officers, now)
        if checked is None:
            return Judged(RowResult(row.number, False, None, findings))
        reference = digest(self._key, self._deployment_id, checked.data.particulars.reference)
        with self._vault.database.read() as session:
            repeated = self._known.repeated(self._vault, session, reference, checked.data)
        if repeated is not None:
            accepted = repeated.finding.refuses == "nothing"
            if accepted:
                self._known.add(row.number, reference, checked.data, repeated.entry_id, ())
            return Judged(RowResult(row.number, accepted, repeated.entry_id, (*findings, repeated.finding)))
        pictures, more = self._read_pictures(checked, reference)
        findings = (*findings, *more)
        if any(finding.refuses == "row" for finding in findings):
            return Judged(RowResult(row.number, False, None, findings))
        entry_id = new_id()
        self.pictures += len(pictures)
        self._known.add(
            row.number, reference, checked.data, entry_id, tuple(picture.file_digest for picture in pictures)
        )
        return Judged(RowResult(row.number, True, entry_id, findings), checked, reference, pictures)

    def _read_pictures(self, checked: CheckedRow, reference: str) -> tuple[tuple[AcceptedPicture, ...], list[Finding]]:
        """The accepted pictures, and what is wrong with the others."""
        made: dict[str, AcceptedPicture] = {}
        findings: list[Finding] = []

        def refuse(code: str, named: PictureNamed, sentence: str, refuses: str = "picture") -> None:
            values = {"code": code, "where": named.where, "sentence": sentence, "refuses": refuses}
            findings.append(msgspec.convert(values, Finding))

        for named in checked.pictures:
            try:
                content = self._source.picture(named.path)
            except PictureRefused as refused:
                refuse("no_picture_file", named, str(refused))
                continue
            file = file_digest(self._key, self._deployment_id, content)
            if self._known.is_picture_of_another(file, reference):
                refuse("picture_of_another", named, "The same picture stands under another reference.", "row")
                continue
            if file in made:
                refuse("picture_twice", named, "The same picture stands in this row twice.")
                continue
            try:
                made[file] = AcceptedPicture(self._enrol(content, named.where), named, file)
            except Refused as refused:
                refuse(refused.reason.value.replace(" ", "_"), named, refused.detail)
        if not made:
            sentence = "No picture of this row can be used."
            findings.append(Finding(code="no_picture", where="pictures", sentence=sentence))
        return tuple(made.values()), findings

    def _enrol(self, content: bytes, where: str) -> Enrolled:
        try:
            picture = decode_picture(content, where)
        except UnreadablePicture as error:
            raise Refused(Reason.UNREADABLE, str(error)) from error
        enrolled = enrol_picture(picture, self._reader, self._floor, "", 0, self._dimension, where)
        self._dimension = enrolled.template.shape[1]
        return enrolled
