"""What somebody recognizes a device by: its browser and its system, as the browser says, and nothing closer."""

# The first that is there counts: most browsers name others too.
BROWSERS = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPad": "iPad",
    "iPhone": "iPhone",
    "CrOS": "Chromebook",
    "Android": "Android",
    "Windows": "Windows",
    "Macintosh": "Mac",
    "Linux": "Linux",
}


def device_named(user_agent: str) -> str:
    """'Chrome · Windows'; what isn't known is left out."""
    known = [next((name for sign, name in names.items() if sign in user_agent), "") for names in (BROWSERS, SYSTEMS)]
    return " · ".join(name for name in known if name)
