"""Identifiers: UUIDv7, so that ids made in a rig sort by time and never meet those of another rig."""

import uuid_utils


def new_id() -> str:
    return str(uuid_utils.uuid7())
