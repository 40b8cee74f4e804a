"""Settings of the pipeline from the command line: `--set KEY=VALUE`, which may be repeated."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.settings import PipelineSettings


def changed_settings(
    threshold: float, changes: Sequence[str], only: Collection[str] | None = None
) -> "PipelineSettings":
    """The defaults, with this threshold and these changes. `only`: the keys that have an effect; None: all.

    Raises UsageError.
    """
    import msgspec

    from inference.settings import PipelineSettings
    from rig.failures import UsageError

    known = set(PipelineSettings.__struct_fields__) - {"threshold"}
    values: dict[str, object] = {"threshold": threshold}
    for change in changes:
        key, _, value = change.partition("=")
        if key not in known:
            raise UsageError(f"--set {change}: the pipeline has no setting {key!r}; write KEY=VALUE, as agreement=3")
        if only is not None and key not in only:
            raise UsageError(f"--set {change}: {key} has no effect here; settings that have: {', '.join(only)}")
        values[key] = value
    try:
        return msgspec.convert(values, PipelineSettings, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"--set: {error}") from error
