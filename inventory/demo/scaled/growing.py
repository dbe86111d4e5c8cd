"""A district grows, neighborhood by neighborhood: each is made in memory, written, and forgotten."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from inventory.demo.scaled.bulk import Book
from inventory.demo.scaled.learning import learn
from inventory.demo.scaled.lending import lend
from inventory.demo.scaled.place import Place
from inventory.demo.scaled.size import Size
from inventory.demo.scaled.staff import Neighborhood, settle

Told = Callable[[int], object]
Live = Callable[[Neighborhood, Size], None]


@contextmanager
def shown(label: str, teachers: int) -> Iterator[Told]:
    """A bar that grows with every teacher that it is told of."""
    with click.progressbar(length=teachers, label=label) as bar:
        yield bar.update


def a_year(here: Neighborhood, part: Size) -> None:
    """What goes on in a neighborhood: so many learn, and what they hold opens so many loans."""
    lend(here, learn(here, part.enrollments), part.loans)


def grow(book: Book, place: Place, size: Size, *, told: Told, live: Live = a_year) -> None:
    """Add so much to the district, and in each neighborhood what goes on there; `told` hears how many teachers it has."""
    first_school = 0
    for number, part in enumerate(size.neighborhoods()):
        here = Neighborhood(place, book, random.Random(f"{place.domain} {number}"), number)
        settle(here, part, first_school)
        live(here, part)
        book.write()
        told(part.teachers)
        first_school += part.schools
