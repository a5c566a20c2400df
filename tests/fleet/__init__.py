"""A province of devices that answer, for measuring: cameras and recorders of every vendor over HTTPS, routers of every platform over SSH.

Usually `scripts/motcua fleet up FOLDER` writes the inventory and starts it, `… status FOLDER` and `… down FOLDER`. A part of it, in the foreground, as
it is run inside a network namespace or another machine that has the same FOLDER:

    python -m tests.fleet up FOLDER --first 1 --last 110    # the devices of sites 1 to 110; prints `ready` when they listen

Every device has an address of its own in 127.64.0.0/10, which each namespace has on its `lo`, so that nodes don't get in each other's way:
`ip -n NAME link set lo up` is all that one needs. Where FOLDER says another network (`--network 10.64.0.0/12`), `ip route add local 10.64.0.0/12 dev lo`
makes the whole of it the node's own. What a device is follows from its number alone (layout.py); it is made when it is first called, and forgotten
again when many others are called and nobody has changed it.
"""
