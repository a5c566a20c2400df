"""The lab: a province of real machines on one machine, built from the same inventory that a rollout reads."""
