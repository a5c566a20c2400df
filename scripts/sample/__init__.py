"""The sample province: real places, and the equipment that offices typically have."""
