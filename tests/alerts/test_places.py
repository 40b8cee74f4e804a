"""The fence: what is inside a circle or a polygon, over the whole earth."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alerts.places import EARTH_M, Place, distance_m, faults, is_inside

latitudes = st.floats(-84, 84)
longitudes = st.floats(-180, 180)
bearings = st.floats(0, 2 * math.pi)


def away(latitude: float, longitude: float, bearing: float, metres: float) -> tuple[float, float]:
    """The point at this distance on a great circle (direct formula on the sphere)."""
    start, arc = math.radians(latitude), metres / EARTH_M
    end = math.asin(math.sin(start) * math.cos(arc) + math.cos(start) * math.sin(arc) * math.cos(bearing))
    turn = math.atan2(
        math.sin(bearing) * math.sin(arc) * math.cos(start), math.cos(arc) - math.sin(start) * math.sin(end)
    )
    return math.degrees(end), (longitude + math.degrees(turn) + 180) % 360 - 180


def circle(latitude: float, longitude: float, radius: float) -> Place:
    return Place(name="here", latitude=latitude, longitude=longitude, radius_m=radius)


def regular(latitude: float, longitude: float, corners: int, radius: float, turn: float = 0.0) -> Place:
    points = (away(latitude, longitude, turn + 2 * math.pi * corner / corners, radius) for corner in range(corners))
    return Place(name="here", polygon=tuple(points))


@given(latitudes, longitudes, bearings, st.floats(1, 2500), st.floats(0, 3))
@settings(deadline=None)
def test_a_point_is_in_a_circle_exactly_up_to_its_radius(
    latitude: float, longitude: float, bearing: float, radius: float, share: float
) -> None:
    assume(abs(share - 1) > 0.001)
    point = away(latitude, longitude, bearing, radius * share)
    assume(abs(point[0]) <= 85)
    assert is_inside(circle(latitude, longitude, radius), *point) == (share < 1)


@given(latitudes, longitudes, st.integers(3, 12), st.floats(20, 2400), bearings, bearings, st.floats(0, 3))
@settings(deadline=None)
def test_a_point_is_in_a_polygon_within_its_sides_and_never_beyond_its_corners(
    latitude: float, longitude: float, corners: int, radius: float, turn: float, bearing: float, share: float
) -> None:
    inner = math.cos(math.pi / corners)
    assume(share < inner * 0.98 or share > 1.02)
    place = regular(latitude, longitude, corners, radius, turn)
    assume(not faults(place))
    point = away(latitude, longitude, bearing, radius * share)
    assume(abs(point[0]) <= 85)
    assert is_inside(place, *point) == (share < inner)


@given(latitudes, longitudes, st.integers(3, 9), st.floats(0, 2), bearings, st.integers(0, 8), st.booleans())
@settings(deadline=None)
def test_it_does_not_matter_at_which_corner_and_which_way_round_a_polygon_begins(
    latitude: float, longitude: float, corners: int, share: float, bearing: float, first: int, reverse: bool
) -> None:
    place = regular(latitude, longitude, corners, 500)
    assume(not faults(place))
    points = place.polygon[first % corners :] + place.polygon[: first % corners]
    other = Place(name="here", polygon=points[::-1] if reverse else points)
    point = away(latitude, longitude, bearing, 500 * share)
    assert is_inside(other, *point) == is_inside(place, *point)


@given(latitudes, longitudes, latitudes, longitudes)
@settings(deadline=None)
def test_a_far_point_is_outside(latitude: float, longitude: float, other: float, east: float) -> None:
    assume(distance_m((latitude, longitude), (other, east)) > 5000)
    assert not is_inside(circle(latitude, longitude, 2500), other, east)
    place = regular(latitude, longitude, 4, 2000)
    assert not is_inside(place, other, east)


def test_a_place_across_the_180th_meridian_is_whole() -> None:
    place = Place(name="Taveuni", polygon=((-16.80, 179.99), (-16.80, -179.99), (-16.82, -179.99), (-16.82, 179.99)))
    assert faults(place) == ()
    assert is_inside(place, -16.81, 179.999)
    assert is_inside(place, -16.81, -179.999)
    assert not is_inside(place, -16.81, 179.98)
    assert not is_inside(place, -16.81, 0.0)


def test_the_notch_of_a_hollow_polygon_is_outside() -> None:
    place = Place(name="U", polygon=((51.50, 0.00), (51.50, 0.01), (51.51, 0.01), (51.505, 0.005), (51.51, 0.00)))
    assert faults(place) == ()
    assert not is_inside(place, 51.509, 0.005)
    assert is_inside(place, 51.502, 0.005)


@pytest.mark.parametrize("point", [(math.nan, 0.0), (0.0, math.nan), (math.inf, 0.0), (91.0, 0.0), (0.0, 181.0)])
def test_what_is_no_point_is_outside(point: tuple[float, float]) -> None:
    assert not is_inside(circle(0, 0, 2500), *point)
    assert not is_inside(regular(0, 0, 4, 500), *point)


@pytest.mark.parametrize(
    ("place", "named"),
    [
        (Place(name="x"), "needs latitude"),
        (Place(name="x", latitude=1, longitude=1), "needs latitude"),
        (circle(1, 1, 0), "radius_m"),
        (circle(1, 1, 2501), "radius_m"),
        (circle(1, 1, math.nan), "radius_m"),
        (circle(math.nan, 1, 10), "latitude"),
        (circle(86, 1, 10), "85 degrees"),
        (Place(name="x", polygon=((1, 1), (1, 1.001))), "3 to 100 corners"),
        (Place(name="x", polygon=((1, 1), (1, 1.1), (1.1, 1))), "wider than 5000 m"),
        (Place(name="x", polygon=((1, 1), (1.001, 1.001), (1.001, 1), (1, 1.001))), "crosses itself"),
        (Place(name="x", polygon=((1, 1), (1, 1), (1.001, 1), (1, 1.001))), "crosses itself"),
        (Place(name="x", latitude=1, polygon=((1, 1), (1, 1.001), (1.001, 1))), "both a polygon and a middle"),
    ],
)
def test_a_place_that_is_none_is_named_and_holds_nothing(place: Place, named: str) -> None:
    assert any(named in sentence for sentence in faults(place))
    assert not is_inside(place, 1.0003, 1.0003)
