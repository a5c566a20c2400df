"""GStreamer's bindings, which are a Debian package and not in every Python. Without them a device answers everything but RTSP."""

try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    gi.require_version("GstRtsp", "1.0")
    from gi.repository import GLib, Gst, GstRtsp, GstRtspServer

    MediaFactory, OnvifMediaFactory = GstRtspServer.RTSPMediaFactory, GstRtspServer.RTSPOnvifMediaFactory
except ImportError:
    GLib = Gst = GstRtsp = GstRtspServer = None
    MediaFactory = OnvifMediaFactory = object

__all__ = ["GLib", "Gst", "GstRtsp", "GstRtspServer", "MediaFactory", "OnvifMediaFactory"]
