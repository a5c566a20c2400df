"""NetBox's exports: its devices, and what they say about the sites."""
