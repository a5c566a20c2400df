"""Changes of a province's YAML files that leave everything else in them as people wrote it."""
