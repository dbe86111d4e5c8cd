"""Reads the imports of modules, those inside functions too, and says which one goes where architecture.md lets none go.

inventory → seminar; people ← skills ← series ← money ← coverage ← sharing; views → concepts → ground; views → web → ground
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("seminar", "inventory")
# From left to right: a room knows itself and those before it. The whole of inventory stands right of seminar's last one.
ROOMS = ("people", "skills", "series", "money", "coverage", "sharing", "inventory")
COMPOSITION_ROOT = ("wsgi", "seminar.commands", "seminar.audit")
# Who is looking is a person with appointments, of a district, signed in by an account on a device, or looking as somebody else.
WEB_MAY = tuple(
    f"seminar.people.{concept}" for concept in ("account", "appointment", "device_session", "district", "person", "support_view")
)
OF_A_REQUEST = ("request", "g", "session", "current_user", "*")


@dataclass(frozen=True)
class Place:
    """Where a module stands: kind is root, ground, web, demo, views or concept; the last three are of a room."""

    kind: str
    room: str = ""

    def is_right_of(self, other: "Place") -> bool:
        return ROOMS.index(self.room) > ROOMS.index(other.room)


@dataclass(frozen=True)
class Imported:
    """`name` in `module` as `from module import name` has it; `import module` has no name."""

    module: str
    name: str
    line: int

    @property
    def path(self) -> str:
        return f"{self.module}.{self.name}" if self.name else self.module


def sources_of(root: Path) -> dict[str, str]:
    """By dotted name, the source of every module in the house."""
    files = [root / "wsgi.py", *(file for package in PACKAGES for file in (root / package).rglob("*.py"))]
    return {_dotted(file.relative_to(root)): file.read_text() for file in files}


def _dotted(file: Path) -> str:
    parts = file.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def place_of(path: str) -> Place | None:
    """The place of a module, or of a name in one; None for what isn't ours and for a part that architecture.md doesn't name."""
    parts = path.split(".")
    if any(path == root or path.startswith(f"{root}.") for root in COMPOSITION_ROOT):
        return Place("root")
    if parts[0] == "inventory":
        return Place(parts[1] if parts[1:2] in (["views"], ["demo"]) else "concept", "inventory")
    if parts[0] != "seminar" or len(parts) == 1:
        return None
    if parts[1] in ("ground", "web"):
        return Place(parts[1])
    if parts[1] in ROOMS[:-1]:
        return Place("views" if parts[2:3] == ["views"] else "concept", parts[1])
    return None


def without_a_place(sources: Mapping[str, str]) -> list[str]:
    return sorted(module for module in sources if module not in PACKAGES and place_of(module) is None)


def imports_of(source: str) -> Iterator[Imported]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (Imported(alias.name, "", node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (Imported("." * node.level + (node.module or ""), alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
            yield Imported("(by a string)", "", node.lineno)


def _called(call: ast.Call) -> str:
    return getattr(call.func, "attr", "") or getattr(call.func, "id", "")


def tables_of(source: str) -> Iterator[tuple[str, int]]:
    """The models that a module declares, each with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).rpartition(".")[2] == "Model" for base in node.bases):
            yield node.name, node.lineno


def offenders(sources: Mapping[str, str]) -> list[str]:
    """A sentence per import that goes where none may, and per model that stands in a view."""
    models = {name for source in sources.values() for name, _ in tables_of(source)}
    found = []
    for module, source in sorted(sources.items()):
        here = place_of(module)
        if here is None or here.kind == "root":
            continue
        for imported in imports_of(source):
            reason = _why_not(here, imported, models)
            if reason:
                found.append(f"{module}:{imported.line} imports {imported.path}: {reason}")
        if here.kind == "views":
            found += [f"{module}:{line} declares {name}: a model stands in its concept" for name, line in tables_of(source)]
    return found


def _why_not(here: Place, imported: Imported, models: set[str]) -> str:
    """Why a module of this place may not import that; '' where it may."""
    if imported.module.startswith((".", "(")):
        return "imports are spelled out"
    there = place_of(imported.path)
    if there is None:
        return _why_not_of_a_request(here, imported)
    if there.kind == "root":
        return "nobody imports the composition root"
    if here.kind == "ground":
        return "" if there.kind == "ground" else "the ground knows no room and no page"
    if here.kind == "web":
        known = there.kind in ("ground", "web") or any(f"{imported.path}.".startswith(f"{module}.") for module in WEB_MAY)
        return "" if known else "web knows the ground and who is looking, nothing else"
    return _why_not_of_a_room(here, there, imported, models)


def _why_not_of_a_request(here: Place, imported: Imported) -> str:
    package = imported.module.partition(".")[0]
    asks = package in ("flask", "flask_login") and (not imported.name or imported.name in OF_A_REQUEST)
    return "person and time are arguments, never fetched inside" if asks and here.kind in ("concept", "demo") else ""


def _why_not_of_a_room(here: Place, there: Place, imported: Imported, models: set[str]) -> str:
    if here.kind in ("concept", "demo") and there.kind in ("views", "web"):
        return "a concept knows no page"
    if there.kind == "demo" and here.kind != "demo":
        return "only the composition root loads the demo"
    if there.kind == "views" and there.room != here.room:
        return "a view is its own room's"
    if there.kind == "views" and imported.name in models:
        return "a model comes from its concept"
    return "it climbs" if there.room and there.is_right_of(here) else ""
