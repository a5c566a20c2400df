"""Firmware: the province's catalogue, the way of a device through it, when it may go, and how it is gone."""
