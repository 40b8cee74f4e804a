"""A real RTSP server: GStreamer's, relaying what ffmpeg sends to a port of this machine. Run by the system's Python.

`python3 rtsp_server.py RTSP_PORT RTP_PORT`; prints `ready` when it accepts.
"""

import sys
from importlib import import_module

LAUNCH = (
    '( udpsrc address=127.0.0.1 port={port} caps="application/x-rtp,media=video,encoding-name=H264,payload=96,'
    'clock-rate=90000" ! rtph264depay ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )'
)


def main(rtsp_port: str, rtp_port: str) -> None:
    # By name: only the system's Python has these modules, the project's environment and its type checker do not.
    require_version = import_module("gi").require_version
    require_version("Gst", "1.0")
    require_version("GstRtspServer", "1.0")
    glib, gst, rtsp = (import_module(f"gi.repository.{name}") for name in ("GLib", "Gst", "GstRtspServer"))
    gst.init(None)
    server = rtsp.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(rtsp_port)
    factory = rtsp.RTSPMediaFactory()
    factory.set_launch(LAUNCH.format(port=rtp_port))
    factory.set_shared(True)
    server.get_mount_points().add_factory("/live", factory)
    server.attach(None)
    print("ready", flush=True)
    glib.MainLoop().run()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
