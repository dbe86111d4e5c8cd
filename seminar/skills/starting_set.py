"""The starting set of skills, badges and competencies that a district begins with and makes its own: the facts of the field, from
public lending libraries and fab labs, in our words."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from seminar.ground import history
from seminar.ground.db import db
from seminar.people.person import Person
from seminar.skills.badge import Badge, Competency
from seminar.skills.skill import Skill

Asked = tuple[str, int, str, int, list[str], list[str]]

# (skill, look, [(badge, level, glyph, months, prerequisites, [competencies; ! marks a safety-critical one])])
SKILLS: list[tuple[str, str, list[Asked]]] = [
    (
        "Maker Safety",
        "safety",
        [
            (
                "Maker Safety",
                1,
                "shield",
                24,
                [],
                [
                    "!Protective gear for each tool",
                    "!Emergency stop, shut-off and exits",
                    "!Extinguishers, and when to leave",
                    "!Reporting incidents and near misses",
                    "Room set-up and sight lines",
                    "Consumables and waste",
                    "What only adults do in K–5",
                ],
            ),
        ],
    ),
    (
        "3D printing",
        "print",
        [
            (
                "3D Printing Operator",
                1,
                "printer",
                24,
                ["Maker Safety"],
                [
                    "!Hot end, moving parts, removing prints",
                    "!Ventilation and where the printer stands",
                    "Load and unload filament",
                    "Level the bed, check the first layer",
                    "Slice: layers, infill, supports",
                    "Find and repair an unprintable model",
                    "Start, watch the first layer, cancel",
                    "Remove and finish a part",
                    "Clear a simple jam",
                    "Queue prints for 30 students",
                ],
            ),
            (
                "3D Design",
                2,
                "cube",
                36,
                ["3D Printing Operator"],
                [
                    "Shapes, holes and groups",
                    "Measure with calipers",
                    "Plan tolerances",
                    "Export for the slicer",
                    "Check the license of a model",
                    "Write a design brief",
                ],
            ),
        ],
    ),
    (
        "Coding",
        "code",
        [
            (
                "Coding with Blocks",
                1,
                "blocks",
                36,
                [],
                [
                    "Sequences, loops and events",
                    "Conditions and variables",
                    "Debug by prediction",
                    "Lead an unplugged activity",
                    "Pair programming routine",
                    "Student account privacy",
                ],
            ),
            (
                "Physical Computing",
                2,
                "board",
                36,
                ["Coding with Blocks"],
                [
                    "!Batteries and short circuits",
                    "Flash a program",
                    "Read buttons, tilt and light",
                    "Drive an LED and a servo",
                    "Radio groups",
                    "Manage 30 boards",
                ],
            ),
            (
                "Robotics",
                2,
                "robot",
                24,
                ["Coding with Blocks"],
                [
                    "!Charging and lithium batteries",
                    "Build from a guide",
                    "Calibrate sensors",
                    "Follow a line",
                    "Update firmware",
                    "Pack and count",
                ],
            ),
        ],
    ),
    (
        "Fabrication",
        "fab",
        [
            (
                "Craft Cutter",
                1,
                "cutter",
                24,
                ["Maker Safety"],
                [
                    "!Change a blade, fingers clear",
                    "!Heat press burns",
                    "Load a mat or roll",
                    "Blade depth and test cut",
                    "Weld, contour and mirror",
                    "Weed and transfer",
                ],
            ),
            (
                "Hand Tools and Cardboard",
                1,
                "handtool",
                24,
                ["Maker Safety"],
                [
                    "!Cut away from the body, clamp the work",
                    "!Low-temperature glue in K–5",
                    "Saw, drill and knife by grade band",
                    "Measure and mark",
                    "Joints",
                    "Count tools out and in",
                ],
            ),
            (
                "Soldering",
                2,
                "solder",
                24,
                ["Maker Safety"],
                [
                    "!Iron parking and burns",
                    "!Fumes and hand washing",
                    "!Eye protection when clipping",
                    "Tin and inspect a joint",
                    "Desolder",
                    "Polarity and short test",
                ],
            ),
            (
                "Laser Cutter",
                3,
                "laser",
                12,
                ["Maker Safety"],
                [
                    "!Approved and banned materials",
                    "!Never unattended, lid test",
                    "!Exhaust and filter check",
                    "!Fire response",
                    "!Never bypass an interlock",
                    "Focus, origin and home",
                    "Power and speed test grid",
                    "Kerf and fit",
                    "Clean, and log the run",
                ],
            ),
        ],
    ),
    (
        "Design thinking",
        "think",
        [
            (
                "Design Thinking",
                1,
                "idea",
                36,
                [],
                [
                    "Run an empathy interview",
                    "Write a how-might-we question",
                    "Lead ideation without judging",
                    "Build a low-fidelity prototype",
                    "Plan a test and capture feedback",
                    "Iterate once",
                    "Facilitate a 45-minute cycle",
                    "Assess with a rubric",
                ],
            ),
        ],
    ),
]


def add_starting_set(district_id: int) -> tuple[dict[str, Skill], dict[str, Badge]]:
    """The whole set by name, made for a district that has none. Flushes."""
    skills, badges, _ = _added(district_id, [name for name, _, _ in SKILLS])
    return skills, badges


def take_over(district_id: int, names: Iterable[str], *, by: Person, now: datetime) -> list[Skill | Badge]:
    """Add these skills of the set, with their badges and the badges that those build on, and answer what is new. What the
    district has by that name stays as it is; taken over twice is taken over."""
    _, _, added = _added(district_id, _with_what_comes_first(set(names)))
    for one in added:
        history.record(by, "skill saved" if isinstance(one, Skill) else "badge saved", one, now, name=one.name)
    return added


def _with_what_comes_first(names: set[str]) -> list[str]:
    """The skills, and those that their badges build on, in the order of the set."""
    home = {badge: skill for skill, _, asked in SKILLS for badge, *_ in asked}
    needs = {skill: {home[first] for _, _, _, _, prerequisites, _ in asked for first in prerequisites} for skill, _, asked in SKILLS}
    new = set(names)
    while new:
        new = {first for name in new for first in needs.get(name, ())} - names
        names |= new
    return [skill for skill, _, _ in SKILLS if skill in names]


def _added(district_id: int, names: list[str]) -> tuple[dict[str, Skill], dict[str, Badge], list[Skill | Badge]]:
    """The district's skills and badges by name, with what these skills of the set lacked until now, which is answered too."""
    skills = {skill.name: skill for skill in db.session.scalars(select(Skill).where(Skill.district_id == district_id))}
    badges = {badge.name: badge for badge in db.session.scalars(select(Badge).where(Badge.district_id == district_id))}
    last = max((skill.position for skill in skills.values()), default=-1)
    added: list[Skill | Badge] = []
    for name, look, asked in SKILLS:
        if name not in names:
            continue
        if name not in skills:
            last += 1
            skills[name] = Skill(district_id=district_id, name=name, look=look, position=last)
            added.append(skills[name])
        for one in asked:
            if one[0] not in badges:
                badges[one[0]] = _badge(district_id, skills[name], one, badges)
                added.append(badges[one[0]])
    db.session.add_all(added)
    db.session.flush()
    return skills, badges, added


def _badge(district_id: int, skill: Skill, asked: Asked, badges: dict[str, Badge]) -> Badge:
    name, level, glyph, months, prerequisites, competencies = asked
    badge = Badge(district_id=district_id, skill=skill, name=name, level=level, glyph=glyph, valid_months=months)
    badge.prerequisites = [badges[required] for required in prerequisites]
    badge.competencies = [
        Competency(district_id=district_id, name=text.lstrip("!"), is_safety=text.startswith("!"), position=n)
        for n, text in enumerate(competencies)
    ]
    return badge
