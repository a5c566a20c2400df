"""What is known of the world outside the province: holes in firmware, requirements and the acts that they come from, each with its date."""
