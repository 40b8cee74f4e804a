"""Where a deployment may search: a circle or a polygon on the ground. Pure geometry, in degrees (WGS 84) and metres."""

import math
from itertools import pairwise
from typing import Annotated

import msgspec

EARTH_M = 6_371_008.8
"""Mean radius (IUGG)."""

WIDEST_M = 5_000.0
"""A place is where the rig stands and what it sees. A wider one would make the fence mean nothing."""

_Degrees = Annotated[float, msgspec.Meta(ge=-180, le=180)]


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either a middle with a radius, or the corners of a polygon in order; `faults` says what is wrong with it."""

    name: str
    """In words, as it is published."""
    latitude: _Degrees | None = None
    longitude: _Degrees | None = None
    radius_m: float | None = None
    polygon: tuple[tuple[_Degrees, _Degrees], ...] = ()
    """Corners, each latitude and longitude."""


def faults(place: Place) -> tuple[str, ...]:
    """Sentences that name what makes this no place; empty for a sound one."""
    middle = (place.latitude, place.longitude, place.radius_m)
    found = [] if place.name.strip() else ["place.name is empty: say in words where it is"]
    if place.polygon:
        if middle != (None, None, None):
            found.append("place has both a polygon and a middle: give one of them")
        return (*found, *_polygon_faults(place.polygon))
    if place.latitude is None or place.longitude is None or place.radius_m is None:
        return (*found, "place needs latitude, longitude and radius_m, or a polygon")
    if not (_on_earth(place.latitude, place.longitude) and 0 < place.radius_m <= WIDEST_M / 2):
        found.append(f"place needs a latitude of at most 85 degrees and a radius_m of at most {WIDEST_M / 2:.0f}")
    return tuple(found)


def is_inside(place: Place, latitude: float, longitude: float) -> bool:
    """Whether a point lies in the place; False for what is no point and for a place with faults."""
    point = latitude, longitude
    if faults(place) or not _on_earth(*point):
        return False
    if place.polygon:
        return _holds([_flat(corner, place.polygon[0]) for corner in place.polygon], _flat(point, place.polygon[0]))
    assert place.latitude is not None
    assert place.longitude is not None
    assert place.radius_m is not None
    return distance_m((place.latitude, place.longitude), point) <= place.radius_m


def distance_m(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Great-circle distance of two points in degrees (haversine formula)."""
    upper, lower = math.radians(a[0]), math.radians(b[0])
    half_height, half_width = (upper - lower) / 2, math.radians(a[1] - b[1]) / 2
    chord = math.sin(half_height) ** 2 + math.cos(upper) * math.cos(lower) * math.sin(half_width) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(chord)))


def _polygon_faults(polygon: tuple[tuple[float, float], ...]) -> list[str]:
    if not 3 <= len(polygon) <= 100:
        return ["place.polygon needs 3 to 100 corners"]
    if not all(_on_earth(*corner) for corner in polygon):
        return ["place.polygon needs corners of latitude and longitude, at most 85 degrees north or south"]
    if any(distance_m(a, b) > WIDEST_M for a in polygon for b in polygon):
        return [f"place.polygon is wider than {WIDEST_M:.0f} m: name the place where the rig stands"]
    flat = [_flat(corner, polygon[0]) for corner in polygon]
    if _crosses_itself(flat):
        return ["place.polygon crosses itself: give its corners in order, each once"]
    return []


def _on_earth(latitude: float, longitude: float) -> bool:
    return abs(latitude) <= 85 and abs(longitude) <= 180


def _flat(point: tuple[float, float], origin: tuple[float, float]) -> tuple[float, float]:
    """Metres east and north of the origin; the error is below 0.1 % at the size of a place."""
    east = (point[1] - origin[1] + 180) % 360 - 180  # the short way, also across the 180th meridian
    scale = math.radians(1) * EARTH_M
    return east * scale * math.cos(math.radians(origin[0])), (point[0] - origin[0]) * scale


def _holds(corners: list[tuple[float, float]], point: tuple[float, float]) -> bool:
    """Even-odd rule: a ray to the east crosses the outline an odd number of times."""
    inside, (east, north) = False, point
    for (x, y), (to_x, to_y) in pairwise([*corners, corners[0]]):
        if (y > north) != (to_y > north) and x + (to_x - x) * (north - y) / (to_y - y) > east:
            inside = not inside
    return inside


def _crosses_itself(corners: list[tuple[float, float]]) -> bool:
    sides = list(pairwise([*corners, corners[0]]))
    last = len(sides) - 1
    return any(a == b for a, b in sides) or any(
        _cross(sides[i], sides[j])
        for i in range(len(sides))
        for j in range(i + 2, len(sides))
        if (i, j) != (0, last)  # neighbours share a corner
    )


_Side = tuple[tuple[float, float], tuple[float, float]]


def _cross(one: _Side, other: _Side) -> bool:
    def side(of: _Side, point: tuple[float, float]) -> float:
        (x, y), (to_x, to_y) = of
        return (to_x - x) * (point[1] - y) - (to_y - y) * (point[0] - x)

    return (
        side(one, other[0]) * side(one, other[1]) <= 0
        and side(other, one[0]) * side(other, one[1]) <= 0
        and _boxes_meet(one, other)
    )


def _boxes_meet(one: _Side, other: _Side) -> bool:
    """Sides on one line meet only where their boxes do."""
    return all(
        max(min(a[axis] for a in one), min(b[axis] for b in other))
        <= min(max(a[axis] for a in one), max(b[axis] for b in other))
        for axis in (0, 1)
    )
