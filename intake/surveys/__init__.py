"""Survey files: what a laptop or a router found at an office, and what that says about the site."""
