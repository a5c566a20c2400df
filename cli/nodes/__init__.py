"""Nodes that read and change a part of a province each: what is sent, what works there, and what comes back."""
