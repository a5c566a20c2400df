"""Who watches what: every piece that is allowed makes a viewing longer or begins one."""

from .database import Viewing

PAUSE_SECONDS = 60  # who comes back later has begun anew


class Watching:
    """The viewings that go on. Nothing here waits: what is to be written is asked for by `begun` and `unwritten`."""

    def __init__(self, last):
        self._last, self._going, self._begun = last, {}, []

    def saw(self, who, what, camera, now_s, footage_s=None):
        """Somebody was allowed a piece; ``who`` is (account, viewer, address), ``footage_s`` when a recorded piece begins."""
        key = (who, what, camera)
        one = self._going.get(key)
        if one is None or now_s - one.until_s > PAUSE_SECONDS:
            self._last += 1
            one = self._going[key] = Viewing(self._last, *who, camera, what, now_s, now_s, footage_s, footage_s)
            self._begun.append(one)
        elif now_s - one.until_s >= 1 or footage_s is not None:
            one.until_s, one.dirty = now_s, True
        if footage_s is not None:
            one.footage_from_s = min(one.footage_from_s, footage_s) if one.footage_from_s is not None else footage_s
            one.footage_until_s = max(one.footage_until_s, footage_s) if one.footage_until_s is not None else footage_s

    def begun(self):
        """Those that began since this was last asked: they are written at once."""
        begun, self._begun = self._begun, []
        return begun

    def unwritten(self, now_s):
        """Those that went on and aren't written yet. Those that are over are forgotten."""
        found = [one for one in self._going.values() if one.dirty]
        for one in found:
            one.dirty = False
        self._going = {key: one for key, one in self._going.items() if now_s - one.until_s <= PAUSE_SECONDS}
        return found
