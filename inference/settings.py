"""The settings of one camera's pipeline. Each can be set in the rig's configuration under the camera."""

import msgspec


class SettingsError(ValueError):
    """A setting outside its range; the message names the key."""


class PipelineSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Defaults fit a 720p or 1080p camera whose subjects come within about 5 m. Checked when the pipeline is made."""

    threshold: float
    """Cosine similarity, -1..1, from which an entry is a candidate. Raising it loses listed people, lowering it names
    strangers. Take it from `Pack.threshold` or from a calibration on this camera's own non-mated passages."""
    agreement: int = 2
    """Looks of a track that must each agree with the entry before there is a candidate. 1 decides on a single look;
    raising it costs passages too short for so many looks, and saves false alerts that rest on one odd look."""
    agreement_share: float = 0.75
    """A look agrees with an entry if its own similarity is at least this share of the threshold. Single looks score
    below their fusion, so 1 would undo what fusion gains; lowering it makes agreement worth less."""

    detector_size: int = 640
    """Longest side of the detector's input, in pixels; smaller pictures are not enlarged to it. Raising it finds
    smaller faces and places landmarks better; the time grows with its square."""
    score_threshold: float | None = None
    """Detections below begin no track and are no looks, 0..1. None: the pack's own. Raising it loses small, turned and
    covered faces."""
    weak_margin: float = 0.1
    """Detections this much below the score threshold may continue a track, never begin one. 0 breaks tracks in poor
    light or in half profile; raising it lets tracks wander to things that are no faces."""
    lost_after: float = 1.0
    """Seconds without a detection after which a track has ended. Raising it carries tracks over longer occlusions and
    risks handing them to the next person who stands there (the swap guard then splits them)."""

    max_looks: int = 5
    """Looks a track keeps. More steady the fused template a little, each costs one embedding."""
    min_eye_distance: float = 14.0
    """Pixels between the eyes in the frame (turned heads: as if frontal) from which a face can be a look. The
    recogniser sees 35. Raising it loses distant faces. Lowering it finds them (of single looks of reduced LFW pictures
    lab-mbf recognises 0.90 at 11 to 14 pixels, 0.88 at 9 to 11, 0.56 at 7 to 9), but who walks up to a camera then
    alerts sooner, on a smaller picture that is nearer the threshold: at 9 the demonstration's volunteers alert 0.7 s
    sooner, with similarities of 0.53 in place of 0.85. People have to judge that picture."""
    max_turn: float = 1.6
    """How far a head may be turned: the nose's way from the middle of the eyes, in eye distances. 0 is frontal, 0.5 has
    the nose below one eye, profiles have 2 and more. Lowering it loses people who never face the camera. Of FRMDB
    pictures turned by 1.2 to 1.6 a fifth are recognised from one frontal picture, beyond hardly any; strangers are less
    similar when turned."""
    max_roll: float = 45.0
    """Degrees the line of the eyes may be off the horizontal. Alignment takes the roll out; beyond this the detector's
    points are seldom right."""
    min_sharpness: float = 0.004
    """Variance of the Laplacian over the variance of brightness of the aligned crop. Sharp faces have 0.05 to 0.3,
    motion blur and soft lenses 0.004 to 0.012. Raising it rejects soft lenses and small faces: of 21 passages on
    development videos blurred by two pixels lab-mbf missed 12 with a floor of 0.012 and 5 with this one, at no false
    alert. Of single faces of listed people it finds 54 of 100 (at 0.359) from 0.004 to 0.012, 33 from 0.012 to 0.05,
    and strangers are not more similar; below 0.004 it finds 4 of 42."""
    min_brightness: float = 20.0
    """Mean brightness of the aligned crop, 0..255. Raising it rejects dark skin in poor light first: mind that."""
    max_brightness: float = 235.0
    """Mean brightness of the aligned crop, 0..255, above which a face is burnt out."""
    min_contrast: float = 8.0
    """Standard deviation of brightness of the aligned crop, 0..255. Raising it rejects backlit and foggy faces."""
    max_cut_off: float = 0.15
    """Share of the face's box that may lie outside the frame, 0..1."""

    better_by: float = 1.1
    """A later look is embedded if its quality is this many times that of the best kept one, or, once `max_looks` are
    kept, of the worst, whose place it takes. Raising it saves embeddings."""
    other_pose: float = 0.35
    """A later look is embedded if the head is turned by this much more or less than in every kept look (units of
    `max_turn`). Lowering it embeds more looks."""
    gap: float = 0.2
    """Least seconds between two looks of a track that is not near. Lowering it decides sooner, on looks that are
    alike."""
    near_share: float = 0.75
    """From this share of the threshold up, while there is no candidate, a track is near: every look that would be
    among the best `max_looks` is embedded, after `near_gap`. Raising it saves embeddings and loses candidates; lowering
    it embeds strangers too, of whom the most similar of 1,000 entries is often at 0.6 of the threshold."""
    near_gap: float = 0.03
    """Least seconds between two looks of a track that is near, once `agreement` looks, `gap` apart, are there. 0.03
    takes each frame of 25 or 30 a second. Raising it saves embeddings and loses people who look up for a moment: with
    0.1, of 84 passages on harder development videos lab-mbf misses 55 at 0.359 instead of 49."""
    near_looks: int = 40
    """Looks embedded of a track from which on being near is no reason for another: who walks up and resembles an entry
    would be embedded in every frame. Lowering it saves embeddings and loses candidates."""
    refresh_after: float = 1.0
    """Seconds after which a look is embedded in any case: it notices a track that has passed to another person."""
    swap_share: float = 0.55
    """A look whose similarity to its track, and to each look of it, is below this share of the threshold is not fused.
    When the next one resembles it, the two begin a new passage. Raising it splits people who turn their heads;
    lowering it lets two people share a track."""
    swap_quality: float = 0.3
    """Looks of less quality (0..1) that do not resemble their track are left out and begin nothing. Raising it splits
    less."""
    min_duration: float = 0.25
    """Seconds between the first and the last detection from which a track counts as a passage. Raising it leaves out
    false detections, and people seen only for an instant."""

    frame_rate: float = 25.0
    """Frames a second assumed for motion, and for time where frames carry none."""

    def __post_init__(self) -> None:
        for name in ("agreement", "max_looks", "near_looks", "detector_size"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} must be at least 1, not {getattr(self, name)}")
        for name in ("frame_rate", "lost_after"):
            if not getattr(self, name) > 0.0:
                raise SettingsError(f"{name} must be above 0, not {getattr(self, name)}")
        if not -1.0 <= self.threshold <= 1.0:
            raise SettingsError(f"threshold is a cosine from -1 to 1, not {self.threshold}")
        if self.agreement > self.max_looks:
            raise SettingsError(f"agreement {self.agreement} needs more looks than max_looks {self.max_looks} keeps")
