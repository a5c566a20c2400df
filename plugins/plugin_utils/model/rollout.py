"""How a change reaches the sites of a province: in which waves, when it stops, and who must have approved."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .values import Id, Value


class Rollout(Value):
    """A canary, then shares of the sites, or districts, or the numbers that sites name as their `wave`."""

    canary: Id | None = Field(default=None, description="the site that goes first; without it the first by `wave`, then by number")
    by: Literal["share", "district", "wave"] = "share"
    shares: tuple[Annotated[int, Field(ge=1, le=99)], ...] = Field(
        default=(5, 25), description="per cent of the sites in each wave after the canary; what is left is the last wave"
    )
    at_once: Annotated[int, Field(ge=1, le=500)] = Field(default=25, description="sites that are changed before they are verified, at most")
    stop_at: Annotated[int, Field(ge=1)] = Field(
        default=3, description="so many failed sites stop a rollout; at a centre and at the canary one is enough"
    )
    approval: Literal["never", "each"] = Field(
        default="never", description="`each`: every wave after the canary begins only once somebody approved this very plan"
    )
