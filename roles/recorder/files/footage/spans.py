"""Spans of time, (from, until) in seconds: merged, cut out of each other, and what is missing between them."""


def merged(spans, tolerance_s=0.0):
    """The same time in as few spans as possible; such short breaks between them don't count."""
    joined = []
    for start, end in sorted(spans):
        if joined and start - joined[-1][1] <= tolerance_s:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def missing(spans, from_s, until_s, tolerance_s=0.0):
    """What of the time from ``from_s`` to ``until_s`` no span covers, but for what is as short as the tolerance."""
    gaps, reached = [], from_s
    for start, end in merged(spans):
        if start >= until_s:
            break
        if start - reached > tolerance_s:
            gaps.append((reached, start))
        reached = max(reached, end)
    if until_s - reached > tolerance_s:
        gaps.append((reached, until_s))
    return gaps


def common(some, others):
    """The time that is in both."""
    return merged((max(a, c), min(b, d)) for a, b in some for c, d in others if max(a, c) < min(b, d))
