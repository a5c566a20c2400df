"""The portal's gate: who is logged in, who may see which camera, and who has seen what. nginx asks it about every piece of video."""
