"""Frames a second of `openlfr replay`'s pipeline beside the plain insightface loop: same pack, same detector size.

    python -m benchmarks.pipeline ../shared/data/videos/sitcom-table/sitcom_table.mp4 --enrol .../enrol --pack lab-mbf

The plain loop is what a user would otherwise write: `FaceAnalysis.get` on each frame (detection and recognition only),
each face compared with each enrolled template. Both run in turn, A B A B, each in its own process; medians are printed.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def plain_loop(video: Path, enrol: Path, pack: Path, size: int, threads: int) -> dict[str, float]:
    """Seconds and frames of the plain loop; model loading is not counted."""
    import cv2
    import numpy as np

    from evaluation.insightface_app import open_insightface
    from inference.pack import load_pack

    app = open_insightface(load_pack(pack), size=size, threads=threads)
    templates = []
    for picture in sorted(enrol.iterdir()):
        faces = app.get(cv2.imread(str(picture)))
        if faces:
            templates.append(max(faces, key=lambda face: face.bbox[2] - face.bbox[0]).normed_embedding)
    gallery = np.stack(templates)
    capture = cv2.VideoCapture(str(video))
    frames = faces_seen = 0
    began, cpu = time.perf_counter(), time.process_time()
    while True:
        read, frame = capture.read()
        if not read:
            break
        for face in app.get(frame):
            (gallery @ face.normed_embedding).max()
            faces_seen += 1
        frames += 1
    return {
        "frames": frames,
        "faces": faces_seen,
        "wall_s": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
    }


def replayed(video: Path, enrol: Path, pack: Path, threads: int) -> dict[str, float]:
    """The same of our replay: capture process, ZeroMQ, worker. CPU seconds include the capture process."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        before = os.times()
        command = [sys.executable, "-m", "rig", "replay", str(video), "--enrol", str(enrol), "--pack", str(pack)]
        subprocess.run([*command, "--threads", str(threads), "--json", str(out)], check=True, stdout=subprocess.DEVNULL)
        after = os.times()
        found = json.loads(out.read_text())
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"frames": found["frames"], "faces": found["faces"], "wall_s": found["wall_s"], "cpu_s": cpu}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--enrol", type=Path, required=True)
    parser.add_argument("--pack", default="lab-mbf", help="a pack that insightface can load: an SCRFD detector")
    parser.add_argument("--size", type=int, default=640, help="detector input of the plain loop (ours: 640)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plain-once", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()

    from inference.catalogue import find_pack

    pack = find_pack(options.pack).folder.resolve()
    if options.plain_once:
        print(json.dumps(plain_loop(options.video, options.enrol, pack, options.size, options.threads)))
        return 0
    runs: dict[str, list[dict[str, float]]] = {"openlfr": [], "plain": []}
    for _ in range(options.rounds):
        runs["openlfr"].append(replayed(options.video, options.enrol, pack, options.threads))
        arguments = [sys.executable, "-m", "benchmarks.pipeline", *sys.argv[1:], "--plain-once"]
        done = subprocess.run(arguments, check=True, capture_output=True, text=True)
        runs["plain"].append(json.loads(done.stdout.splitlines()[-1]))
    print(f"{'':10} {'frames/s':>9} {'spread':>13} {'CPU ms/frame':>13} {'faces':>7}")
    for name, each in runs.items():
        rates = sorted(run["frames"] / run["wall_s"] for run in each)
        cpu = statistics.median(1000 * run["cpu_s"] / run["frames"] for run in each)
        spread = f"{rates[0]:.1f}-{rates[-1]:.1f}"
        print(f"{name:10} {statistics.median(rates):9.1f} {spread:>13} {cpu:13.1f} {each[0]['faces']:7.0f}")
    ratios = [plain["wall_s"] / ours["wall_s"] for ours, plain in zip(runs["openlfr"], runs["plain"], strict=True)]
    pairs = f"{min(ratios):.2f} to {max(ratios):.2f} pair by pair"
    print(f"openlfr is {statistics.median(ratios):.2f} times as fast ({pairs})")
    if options.json:
        machine = {"machine": platform.platform(), "cores": os.cpu_count(), "python": platform.python_version()}
        options.json.write_text(
            json.dumps(machine | {"video": options.video.name, "pack": pack.name, "runs": runs}, indent=1)
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
