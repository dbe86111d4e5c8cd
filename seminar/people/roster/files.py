"""A OneRoster set as it arrives: a folder, a zip, or files chosen in the browser; what its manifest says of it, and the near misses.

The layout is 1EdTech's OneRoster CSV binding, 1.1 and 1.2: files at the root, manifest.csv mandatory, `bulk`, `delta` or `absent` for
each file, and a set with nothing but its manifest means that nothing changed.
"""

import lzma
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from seminar.ground.refusal import N_
from seminar.people.roster.found import Finding, Note, WrongSet
from seminar.people.roster.rows import Open, Row, rows_of, small_table

MANIFEST = "manifest.csv"
# The files that we read; all others of a set stay closed.
READ = ("orgs.csv", "academicSessions.csv", "users.csv", "roles.csv")
# All files of the standard, 1.1 and 1.2.
NAMES = (
    "academicSessions", "categories", "classes", "classResources", "courses", "courseResources", "demographics", "enrollments",
    "lineItemLearningObjectiveIds", "lineItems", "lineItemScoreScales", "orgs", "resources", "resultLearningObjectiveIds", "results",
    "resultScoreScales", "roles", "scoreScales", "userProfiles", "userResources", "users",
)  # fmt: skip
PROPERTIES = {
    name.lower(): name
    for name in (
        "manifest.version",
        "oneroster.version",
        "source.systemName",
        "source.systemCode",
        *(f"file.{name}" for name in NAMES),
    )
}
# Of a spreadsheet's or a computer's own making, in many a zip.
LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
LARGEST_FILE = 4 * 1024**3
# A text of names and ids shrinks to a tenth or so. What shrinks to less than this was made to fill a disk: a zip's own limit is a
# thousandth.
SMALLEST_SHARE = 200
# What a zip says that is cut off, altered on its way, or packed in a way that we don't know.
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError)


@dataclass
class RosterSet:
    """Its files by the names that the standard has for them, what each is (bulk or delta), and what was found on the way."""

    version: str
    kinds: dict[str, str]
    files: Mapping[str, Open]
    findings: list[Finding] = field(default_factory=list)

    def rows(self, file: str, note: Note) -> Iterator[Row]:
        return rows_of(self.files[file], file, version=self.version, kind=self.kinds[file], note=note)


@contextmanager
def opened(path: Path) -> Iterator[RosterSet]:
    """The set in a folder or a zip; raises WrongSet."""
    if not path.exists():
        raise WrongSet(N_("There is nothing at {path}."), path=str(path))
    if path.is_dir():
        yield in_files({str(file.relative_to(path).as_posix()): file for file in sorted(path.rglob("*")) if file.is_file()})
        return
    with _file(path)() as stream, unzipped(stream) as found:
        yield found


def in_files(paths: Mapping[str, Path]) -> RosterSet:
    """The set that these files make, by the names that they came with; raises WrongSet."""
    return read_set({name: _file(path) for name, path in paths.items()})


def _file(path: Path) -> Open:
    def opener() -> BinaryIO:
        try:
            return path.open("rb")
        except OSError as error:
            raise WrongSet(
                N_("{file} can't be opened: {why}. See who may read it, then put it there again."), file=path.name, why=error.strerror
            ) from error

    return opener


@contextmanager
def unzipped(stream: BinaryIO) -> Iterator[RosterSet]:
    """The set in a zip; raises WrongSet where it is none, or was made to fill the disk."""
    try:
        archive = zipfile.ZipFile(stream)
    except (*DAMAGED, OSError, ValueError) as error:
        raise WrongSet(N_("This is no zip that can be opened. Export the set again, or choose its CSV files themselves.")) from error
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        for member in members:
            _refuse_a_trap(member)
        try:
            yield read_set({member.filename.replace("\\", "/"): _member(archive, member) for member in members})
        except DAMAGED as error:
            raise WrongSet(N_("The zip is damaged: not all of it can be read. Export the set again, or send it once more.")) from error


def _refuse_a_trap(member: zipfile.ZipInfo) -> None:
    if member.flag_bits & 0x1:
        raise WrongSet(N_("{file} in the zip asks for a password. Export the set without one."), file=member.filename)
    if member.file_size > LARGEST_FILE or member.file_size > SMALLEST_SHARE * max(member.compress_size, 1024):
        raise WrongSet(N_("{file} in the zip is larger than any roster. Export the set again."), file=member.filename)


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Open:
    return lambda: archive.open(member)  # type: ignore[return-value]


def read_set(found: Mapping[str, Open]) -> RosterSet:
    """The set that these files make, by their paths; raises WrongSet."""
    findings: list[Finding] = []
    files = _at_the_root({path: one for path, one in found.items() if not _is_litter(path)}, findings)
    if MANIFEST not in files:
        raise _without_a_manifest(files)
    said = _manifest(files[MANIFEST], findings)
    version = said.get("oneroster.version", "")
    if version not in ("1.1", "1.2"):
        raise WrongSet(N_("manifest.csv says oneroster.version {version}. We read 1.1 and 1.2."), version=version or "–")
    kinds = _kinds(said, files, findings)
    _refuse_what_is_missing(version, kinds)
    return RosterSet(version, kinds, {name: files[name] for name in kinds}, findings)


def _is_litter(path: str) -> bool:
    return path.startswith(LITTER[0]) or PurePosixPath(path).name in LITTER or PurePosixPath(path).name.startswith("._")


def _at_the_root(found: Mapping[str, Open], findings: list[Finding]) -> dict[str, Open]:
    """By the names that the standard has, the files beside the manifest, wherever that lies and however they are spelled."""
    manifests = sorted((path for path in found if PurePosixPath(path).name.lower() == MANIFEST), key=lambda path: path.count("/"))
    _refuse_several_sets(manifests)
    folder = str(PurePosixPath(manifests[0]).parent) if manifests else _only_folder(found)
    if folder != ".":
        findings.append(
            Finding(
                MANIFEST,
                0,
                "",
                folder,
                N_("The files lie in the folder {value}; in a set they lie at the root. They were read all the same."),
            )
        )
    here = {PurePosixPath(path).name: one for path, one in found.items() if str(PurePosixPath(path).parent) == folder}
    ours = {name.lower(): name for name in (MANIFEST, *(f"{name}.csv" for name in NAMES))}
    right: dict[str, Open] = {}
    for name, one in here.items():
        standard = ours.get(name.lower(), name)
        if standard != name and standard in here:
            continue
        if standard != name:
            read = standard in (MANIFEST, *READ)
            sentence = (
                N_("The file is spelled {value}. It was read all the same.")
                if read
                else N_("The file is spelled {value}. We don't read it.")
            )
            findings.append(Finding(standard, 0, "", name, sentence))
        right[standard] = one
    return right


def _refuse_several_sets(manifests: list[str]) -> None:
    """Last year's export beside this one's, as in many a zip: nobody knows which is meant."""
    beside = [path for path in manifests if path.count("/") == manifests[0].count("/")]
    if len({str(PurePosixPath(path).parent) for path in beside}) > 1:
        sentence = N_("There are several sets in it: {files}. Send one of them.")
        raise WrongSet(sentence, files=", ".join(beside[:8]))


def _only_folder(found: Mapping[str, Open]) -> str:
    folders = {str(PurePosixPath(path).parent) for path in found}
    return folders.pop() if len(folders) == 1 else "."


# Microsoft's School Data Sync: its first format, and the second, which is nearly OneRoster.
SDS_FILES = {"school.csv", "teacher.csv", "student.csv", "section.csv", "teacherroster.csv", "studentenrollment.csv"}


def _without_a_manifest(files: Mapping[str, Open]) -> WrongSet:
    if SDS_FILES & {name.lower() for name in files} or ("roles.csv" in files and _is_sds(files["roles.csv"])):
        return WrongSet(
            N_("These are files of Microsoft's School Data Sync, which look like OneRoster and aren't. Export OneRoster 1.1 or 1.2 CSV.")
        )
    if "[Content_Types].xml" in files or any(name.lower().endswith((".xlsx", ".xls")) for name in files):
        return WrongSet(N_("This is a spreadsheet. A OneRoster set is CSV files, or a zip of them. Export it as OneRoster 1.1 or 1.2 CSV."))
    if not files:
        return WrongSet(N_("There is no file in it. A set has manifest.csv, orgs.csv, users.csv and, from 1.2 on, roles.csv."))
    return WrongSet(
        N_("There is no manifest.csv, so nobody knows what these files are: {files}. Export the whole set."),
        files=", ".join(sorted(files)[:8]),
    )


def _is_sds(opener: Open) -> bool:
    with opener() as stream:
        headings = stream.readline(10_000).decode("utf-8-sig", errors="replace")
    return any(name in headings for name in ("sessionSourcedId", "isPrimary", "roleStartDate"))


def _manifest(opener: Open, findings: list[Finding]) -> dict[str, str]:
    rows = small_table(opener, MANIFEST)
    if not rows or rows[0][:2] != ["propertyName", "value"]:
        raise WrongSet(N_("The first line of manifest.csv isn't propertyName,value. Export the set again."))
    said: dict[str, str] = {}
    for line, row in enumerate(rows[1:], 2):
        written, value = (*row, "", "")[:2]
        name = PROPERTIES.get(written.lower(), written)
        if name != written:
            sentence = N_("{value} is spelled {other} in the standard. It was read as that.")
            findings.append(Finding(MANIFEST, line, "propertyName", written, sentence, name))
        said[name] = value
        if not value and name:
            findings.append(Finding(MANIFEST, line, "value", name, N_("{value} has no value. It was read as absent.")))
        elif name.startswith("source.") and value.lower() == "absent":
            findings.append(Finding(MANIFEST, line, "value", value, N_("absent is said of files; it is no name of a system.")))
    return said


def _kinds(said: Mapping[str, str], files: Mapping[str, Open], findings: list[Finding]) -> dict[str, str]:
    """Of the files that we read, what each is. Raises WrongSet where the manifest and the files don't agree."""
    kinds: dict[str, str] = {}
    for name in READ:
        stem = name.removesuffix(".csv")
        if name in files and f"file.{stem}" not in said:
            raise WrongSet(N_("{file} is there, and manifest.csv has no line for it. Export the whole set again."), file=name)
        kind = said.get(f"file.{stem}", "")
        if kind.lower() in ("bulk", "delta", "absent") and kind != kind.lower():
            findings.append(Finding(MANIFEST, 0, "value", kind, N_("{value} is written in small letters.")))
        kind = kind.lower() or "absent"
        if kind not in ("bulk", "delta", "absent"):
            raise WrongSet(N_("manifest.csv says {kind} of {file}; it says bulk, delta or absent."), kind=kind, file=name)
        if kind != "absent" and name not in files:
            raise WrongSet(N_("manifest.csv speaks of {file}, and it isn't there. Export the whole set again."), file=name)
        if kind == "absent" and name in files:
            raise WrongSet(N_("{file} is there, and manifest.csv says that it is absent. Export the whole set again."), file=name)
        if kind != "absent":
            kinds[name] = kind
    return kinds


def _refuse_what_is_missing(version: str, kinds: Mapping[str, str]) -> None:
    """A bulk file is the whole truth, so what it refers to comes with it."""
    if kinds.get("users.csv") == "bulk" and "orgs.csv" not in kinds:
        raise WrongSet(N_("users.csv is a bulk file, and orgs.csv, which it refers to, isn't in the set. Export both."))
    if version == "1.2" and kinds.get("users.csv") == "bulk" and "roles.csv" not in kinds:
        raise WrongSet(
            N_(
                "users.csv is a bulk file, and roles.csv, which says what these people do, isn't in the set. Export both. Where users.csv"
                " has a column role, it is OneRoster 1.1, and manifest.csv has to say so."
            )
        )
    if version == "1.1" and "roles.csv" in kinds:
        raise WrongSet(N_("There is a roles.csv, and manifest.csv says OneRoster 1.1, which has none. Export the set again."))
