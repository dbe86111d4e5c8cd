"""How big, as product.md has it, and how a whole is shared out among districts and neighborhoods."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# So many schools share their trainers, their series and a shelf of the depot.
A_NEIGHBORHOOD = 25


@dataclass(frozen=True)
class Size:
    """How many of what; of enrollments and loans those of one year."""

    schools: int
    teachers: int
    enrollments: int
    loans: int

    def __sub__(self, there: "Size") -> "Size":
        return Size(*(max(0, all_of - some) for all_of, some in zip(self.counts, there.counts, strict=True)))

    @property
    def counts(self) -> tuple[int, int, int, int]:
        return self.schools, self.teachers, self.enrollments, self.loans

    def shared(self, weights: Sequence[int]) -> Iterator["Size"]:
        """Parts of these weights that add up to the whole, without a rest."""
        whole, before = sum(weights), 0
        for weight in weights:
            after = before + weight
            yield Size(*(count * after // whole - count * before // whole for count in self.counts))
            before = after

    def neighborhoods(self) -> list["Size"]:
        return list(self.shared([1] * -(-self.schools // A_NEIGHBORHOOD)))


CITY = Size(schools=1_600, teachers=75_000, enrollments=120_000, loans=100_000)
STATE = Size(schools=4_000, teachers=300_000, enrollments=500_000, loans=400_000)
# The country is for the finder and the schools' pages alone, so nobody enrolls there and nothing is lent beyond the city.
COUNTRY = Size(schools=100_000, teachers=3_200_000, enrollments=0, loans=0)


def district_weights(districts: int) -> list[int]:
    """Districts as they are: one of a big city, some large ones, and many small ones."""
    return [1_000_000 // (n + 8) for n in range(districts)]
