"""A staged walk-by clip for demonstrations and tests, drawn at run time: no picture of it is stored in the project."""

from rig.walkby.clip import Clip, enrol, make_clip

__all__ = ["Clip", "enrol", "make_clip"]
