"""Topologies and the map: shapes on a page, as SVG and inside Word."""
