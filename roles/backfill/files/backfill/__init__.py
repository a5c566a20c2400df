"""Footage that the centre missed, brought in from the recorders and cards at the sites."""
