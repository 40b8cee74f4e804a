"""The values that an application's form begins with: empty, another deployment's, or what was kept before."""

from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from alerts.application import Application
from operator_ui.settings import UiSettings

USUAL = timedelta(hours=4)


class Fields(msgspec.Struct, frozen=True, kw_only=True):
    """Each as the form's field takes it; an empty text is an empty field."""

    name: str = ""
    purpose: str = ""
    necessity: str = ""
    proportionality: str = ""
    alternatives: str = ""
    where_reason: str = ""
    place_name: str = ""
    latitude: str = ""
    longitude: str = ""
    radius_m: str = ""
    polygon: str = ""
    """A corner a line: latitude, longitude."""
    begins: str = ""
    ends: str = ""
    cameras: str = ""
    threshold: str = ""
    data_set: str = ""
    fpir: str = ""
    entries: str = ""
    calibrated: str = ""
    contract: str = ""
    dpia_hash: str = ""
    dpia_version: str = ""
    dpia_review_by: str = ""
    sensitive: tuple[str, ...] | None = None
    """None: not answered yet."""
    urgent: bool = False
    urgent_reason: str = ""


def blank_fields(settings: UiSettings, now: datetime) -> Fields:
    begins = _next_hour(now)
    return Fields(
        begins=_minute(begins),
        ends=_minute(begins + USUAL),
        cameras=", ".join(settings.cameras or ()),
        contract=settings.contract or "",
    )


def copied_fields(application: Application, now: datetime) -> Fields:
    """All but the window and the urgency, which belong to one deployment; the sites are to be thought of again."""
    begins = _next_hour(now)
    kept = kept_fields(application)
    return msgspec.structs.replace(
        kept,
        begins=_minute(begins),
        ends=_minute(begins + (application.ends - application.begins)),
        sensitive=None,
        urgent=False,
        urgent_reason="",
    )


def kept_fields(application: Application) -> Fields:
    place, calibration, dpia = application.place, application.calibration, application.dpia
    return Fields(
        name=application.name,
        purpose=application.purpose,
        necessity=application.necessity,
        proportionality=application.proportionality,
        alternatives=application.alternatives,
        where_reason=application.where_reason,
        place_name=place.name,
        latitude=_number(place.latitude),
        longitude=_number(place.longitude),
        radius_m=_number(place.radius_m),
        polygon="\n".join(f"{_number(latitude)}, {_number(longitude)}" for latitude, longitude in place.polygon),
        begins=_minute(application.begins),
        ends=_minute(application.ends),
        cameras=", ".join(application.cameras),
        threshold=_number(application.threshold),
        data_set=calibration.data_set,
        fpir=_number(calibration.fpir),
        entries=str(calibration.entries),
        calibrated=_number(calibration.threshold),
        contract=calibration.contract,
        dpia_hash=dpia.hash,
        dpia_version=dpia.version,
        dpia_review_by=dpia.review_by.isoformat(),
        sensitive=application.sensitive,
        urgent=application.urgent,
        urgent_reason=application.urgent_reason,
    )


def _number(value: float | None) -> str:
    return "" if value is None else format(Decimal(repr(value)), "f")


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"


def _next_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
