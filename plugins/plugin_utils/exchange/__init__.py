"""Another device comes into an old one's place: it is found, it is what was said, it becomes ours, and it gets the old one's address.

Until all of that is proved nothing of the province changes: the newcomer's secrets and its pin are kept in a folder of their own.
"""

from .newcomer import Newcomer, Places
from .wish import Network, Proof, Wish

__all__ = ["Network", "Newcomer", "Places", "Proof", "Wish"]
