"""Province nodes: which there are, which part of a province each reads, and one result out of all that they said. Pure."""

from .named import Node, Nodes, nodes_of, read_nodes
from .returned import Returned, from_json, of_shard, to_json, untold
from .split import Shard, patterns, places_of, split

__all__ = [
    "Node",
    "Nodes",
    "Returned",
    "Shard",
    "from_json",
    "nodes_of",
    "of_shard",
    "patterns",
    "places_of",
    "read_nodes",
    "split",
    "to_json",
    "untold",
]
