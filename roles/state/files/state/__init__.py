"""What the storage centre sees of its province: which cameras and lines live, since when, and why not. Standard library only."""
