import pytest

from wire.clock import iso8601


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_643_371_200_123_999_999, "2022-01-28T12:00:00.123Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ],
)
def test_a_time_is_written_in_utc_with_milliseconds_rounded_down(nanoseconds: int, text: str) -> None:
    assert iso8601(nanoseconds) == text
