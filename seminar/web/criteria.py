"""The criteria of WCAG 2.2 (A and AA) and of Section 508's chapters, each with the tests whose results decide it.

Tests are named as pytest does. What no test can find out is evaluated by nobody yet, and says so: it has no test here.
`gap` is what is known not to work; `nothing_there` says that a passed test means there is nothing to which the criterion applies.
"""

from dataclasses import dataclass

from seminar.ground.refusal import N_


@dataclass(frozen=True)
class Criterion:
    number: str
    name: str
    level: str
    tests: tuple[str, ...]
    says: str
    gap: str = ""
    nothing_there: bool = False


PAGES = "tests/journeys/test_pages.py::"
CHECKS = "tests/journeys/test_accessibility.py::"
AXE = (PAGES + "test_axe_finds_nothing", CHECKS + "test_axe_finds_nothing_at_a_desk")
FITS, TABS = (
    PAGES + "test_it_fits_each_window_and_a_finger",
    PAGES + "test_the_tabs_make_room_at_400_percent",
)
KEYS, STILL = CHECKS + "test_the_keyboard_gets_to_everything_and_back", CHECKS + "test_nothing_plays_moves_or_runs_out"
SPACED, SEEMS = CHECKS + "test_text_can_be_spaced_and_doubled", CHECKS + "test_controls_do_what_they_say"
SAME, QUIET = (
    CHECKS + "test_help_and_the_way_around_stay_where_they_are",
    "tests/house/test_scripts.py::test_scripts_take_no_key_gesture_or_motion",
)
READS = "tests/pages/test_reading.py::test_each_page_reads_well_in_english_and_in_spanish"
BAD_INPUT = "tests/journeys/test_bad_input.py::test_what_is_refused_goes_through_when_it_is_put_right"
ANNOUNCED = "tests/house/test_announced.py::test_what_was_done_is_announced"
LASTS, WARNS = (
    "tests/people/test_device_session.py::test_it_ends_at_night_and_never_within_twenty_hours",
    "tests/journeys/test_account.py::test_a_shared_device_warns_and_signs_out_by_itself",
)
TIMES = N_(
    "No page reloads by itself. A sign-in lasts for more than 20 hours and ends at night. Only a device that somebody called"
    " shared at sign-in ends sooner: it warns, and one press goes on; without JavaScript each page says after how many minutes."
)

WIDE_TEXT = N_("Where a browser doubles the text alone, at a desk, the bar on top can be wider than the window.")
NO_MEDIA = N_("No page plays sound or video.")
RULES = N_("axe finds no broken rule on any page, light and dark, on a phone and at a desk.")
SEEN = N_("By Tab through every page: each stop is seen, uncovered and outlined, and the way goes on to the end.")
NO_GESTURE = N_("No page listens to gestures, dragging, motion or single keys.")
UNTESTED = N_("No test of ours decides this one yet.")


def _of_media(number: str, name: str, level: str) -> Criterion:
    return Criterion(number, name, level, (STILL,), NO_MEDIA, nothing_there=True)


LEVEL_A = (
    Criterion("1.1.1", N_("Non-text Content"), "A", AXE, RULES),
    _of_media("1.2.1", N_("Audio-only and Video-only (Prerecorded)"), "A"),
    _of_media("1.2.2", N_("Captions (Prerecorded)"), "A"),
    _of_media("1.2.3", N_("Audio Description or Media Alternative (Prerecorded)"), "A"),
    Criterion(
        "1.3.1",
        N_("Info and Relationships"),
        "A",
        (*AXE, READS),
        N_("axe finds no broken rule, and each field has a label, each page one heading of the first level."),
    ),
    Criterion("1.3.2", N_("Meaningful Sequence"), "A", (), UNTESTED),
    Criterion("1.3.3", N_("Sensory Characteristics"), "A", (), UNTESTED),
    Criterion("1.4.1", N_("Use of Color"), "A", (), UNTESTED),
    _of_media("1.4.2", N_("Audio Control"), "A"),
    Criterion("2.1.1", N_("Keyboard"), "A", (KEYS,), SEEN),
    Criterion("2.1.2", N_("No Keyboard Trap"), "A", (KEYS,), SEEN),
    Criterion("2.1.4", N_("Character Key Shortcuts"), "A", (QUIET,), NO_GESTURE, nothing_there=True),
    Criterion("2.2.1", N_("Timing Adjustable"), "A", (STILL, LASTS, WARNS), TIMES),
    Criterion("2.2.2", N_("Pause, Stop, Hide"), "A", (STILL,), N_("Nothing moves, blinks or updates by itself."), nothing_there=True),
    Criterion("2.3.1", N_("Three Flashes or Below Threshold"), "A", (STILL,), N_("Nothing moves, blinks or updates by itself.")),
    Criterion("2.4.1", N_("Bypass Blocks"), "A", (KEYS, *AXE), N_("The first stop on each page skips to the content.")),
    Criterion("2.4.2", N_("Page Titled"), "A", (READS,), N_("Each page has a title of its own words.")),
    Criterion("2.4.3", N_("Focus Order"), "A", (), UNTESTED),
    Criterion("2.4.4", N_("Link Purpose (In Context)"), "A", AXE, N_("Each link has a name; whether it says enough was not tested.")),
    Criterion("2.5.1", N_("Pointer Gestures"), "A", (QUIET,), NO_GESTURE, nothing_there=True),
    Criterion("2.5.2", N_("Pointer Cancellation"), "A", (QUIET,), N_("Nothing happens on the press of a pointer, only on its release.")),
    Criterion("2.5.3", N_("Label in Name"), "A", (SEEMS,), N_("The name of each control holds the words that are seen on it.")),
    Criterion("2.5.4", N_("Motion Actuation"), "A", (QUIET,), NO_GESTURE, nothing_there=True),
    Criterion("3.1.1", N_("Language of Page"), "A", (READS,), N_("Each page says its language, in English and in Spanish.")),
    Criterion("3.2.1", N_("On Focus"), "A", (KEYS,), N_("No page is left by a control that merely gets the focus.")),
    Criterion("3.2.2", N_("On Input"), "A", (SEEMS,), N_("No page is left by a choice that is merely made.")),
    Criterion("3.2.6", N_("Consistent Help"), "A", (SAME,), N_("Help and Accessibility stand in the foot of each page, in that order.")),
    Criterion("3.3.1", N_("Error Identification"), "A", (BAD_INPUT,), N_("What is wrong is said in words, on top and beside its field.")),
    Criterion("3.3.2", N_("Labels or Instructions"), "A", (READS, *AXE), N_("Each field has a label.")),
    Criterion("3.3.7", N_("Redundant Entry"), "A", (BAD_INPUT,), N_("What was typed stays when a form is refused.")),
    Criterion("4.1.2", N_("Name, Role, Value"), "A", AXE, RULES),
)
LEVEL_AA = (
    _of_media("1.2.4", N_("Captions (Live)"), "AA"),
    _of_media("1.2.5", N_("Audio Description (Prerecorded)"), "AA"),
    Criterion("1.3.4", N_("Orientation"), "AA", (SPACED,), N_("Each page fits upright and on its side.")),
    Criterion(
        "1.3.5",
        N_("Identify Input Purpose"),
        "AA",
        (SEEMS,),
        N_("Fields about oneself say what they are for, so that a browser can fill them."),
    ),
    Criterion("1.4.3", N_("Contrast (Minimum)"), "AA", AXE, RULES),
    Criterion(
        "1.4.4",
        N_("Resize Text"),
        "AA",
        (SPACED,),
        N_("At twice the size by the browser's zoom no page scrolls sideways, and nothing is cut off."),
        gap=WIDE_TEXT,
    ),
    Criterion(
        "1.4.5",
        N_("Images of Text"),
        "AA",
        (STILL,),
        N_("The only image file of ours is the sign beside the name. A district's own logo may hold letters, as logos may."),
    ),
    Criterion("1.4.10", N_("Reflow"), "AA", (FITS, TABS), N_("On 320 px, and at four times the size, no page scrolls sideways.")),
    Criterion(
        "1.4.11",
        N_("Non-text Contrast"),
        "AA",
        ("tests/house/test_contrast.py::test_edges_and_focus_stand_out",),
        N_("Edges of controls and the focus ring have 3:1 or more, light and dark."),
    ),
    Criterion("1.4.12", N_("Text Spacing"), "AA", (SPACED,), N_("With wide spacing nothing is cut off.")),
    Criterion(
        "1.4.13",
        N_("Content on Hover or Focus"),
        "AA",
        (SEEMS,),
        N_("Nothing appears by hovering; words open by a press."),
        nothing_there=True,
    ),
    Criterion("2.4.5", N_("Multiple Ways"), "AA", (), UNTESTED),
    Criterion("2.4.6", N_("Headings and Labels"), "AA", (), UNTESTED),
    Criterion("2.4.7", N_("Focus Visible"), "AA", (KEYS,), SEEN),
    Criterion("2.4.11", N_("Focus Not Obscured (Minimum)"), "AA", (KEYS,), SEEN),
    Criterion("2.5.7", N_("Dragging Movements"), "AA", (QUIET,), NO_GESTURE, nothing_there=True),
    Criterion("2.5.8", N_("Target Size (Minimum)"), "AA", (FITS, *AXE), N_("No control is under 24 by 24 px without room around it.")),
    Criterion("3.1.2", N_("Language of Parts"), "AA", (SAME,), N_("The other language's name is marked as such.")),
    Criterion("3.2.3", N_("Consistent Navigation"), "AA", (SAME,), N_("A role's entries stand in the same order on each page.")),
    Criterion("3.2.4", N_("Consistent Identification"), "AA", (), UNTESTED),
    Criterion(
        "3.3.3", N_("Error Suggestion"), "AA", (BAD_INPUT,), N_("A refused form says what to put right, and goes through when it is.")
    ),
    Criterion("3.3.4", N_("Error Prevention (Legal, Financial, Data)"), "AA", (), UNTESTED),
    Criterion(
        "3.3.8", N_("Accessible Authentication (Minimum)"), "AA", (SEEMS,), N_("The password can be pasted, and filled by the browser.")
    ),
    Criterion("4.1.3", N_("Status Messages"), "AA", (ANNOUNCED,), N_("What was done is told as a status, what was refused as an alert.")),
)
FUNCTIONAL = (
    Criterion("302.1", N_("Without Vision"), "", (), N_("The pages were not yet tried by people who use a screen reader every day.")),
    Criterion(
        "302.2",
        N_("With Limited Vision"),
        "",
        (*AXE, FITS, SPACED),
        N_("Contrast, four times the size, and text at twice its size were tested."),
    ),
    Criterion("302.3", N_("Without Perception of Color"), "", (), UNTESTED),
    Criterion("302.4", N_("Without Hearing"), "", (STILL,), NO_MEDIA),
    Criterion("302.5", N_("With Limited Hearing"), "", (STILL,), NO_MEDIA),
    Criterion("302.6", N_("Without Speech"), "", (QUIET,), N_("Nothing asks for speech.")),
    Criterion(
        "302.7", N_("With Limited Manipulation"), "", (KEYS, QUIET, FITS), N_("Everything goes by keyboard, and no control is small.")
    ),
    Criterion(
        "302.8",
        N_("With Limited Reach and Strength"),
        "",
        (KEYS, QUIET),
        N_("Everything goes by keyboard, and nothing asks for holding or pressing hard."),
    ),
    Criterion("302.9", N_("With Limited Language, Cognitive, and Learning Abilities"), "", (), UNTESTED),
)
SUPPORT = (
    Criterion(
        "501.1",
        N_("Scope (web pages: see the tables above)"),
        "",
        (*AXE, KEYS),
        N_("MakerPD is web pages only. They are told of in the tables above."),
    ),
    Criterion(
        "602.2", N_("Accessibility and Compatibility Features"), "", AXE, N_("The accessibility page says what works and what doesn't.")
    ),
    Criterion("602.3", N_("Electronic Support Documentation"), "", (*AXE, KEYS), N_("The help pages are tested as every other page is.")),
    Criterion("602.4", N_("Alternate Formats for Non-Electronic Support Documentation"), "", (), N_("Nothing is printed.")),
    Criterion("603.2", N_("Information on Accessibility and Compatibility Features"), "", (), UNTESTED),
    Criterion("603.3", N_("Accommodation of Communication Needs"), "", (), UNTESTED),
)
CHAPTERS: tuple[tuple[str, tuple[Criterion, ...]], ...] = (
    (N_("WCAG 2.2, level A"), LEVEL_A),
    (N_("WCAG 2.2, level AA"), LEVEL_AA),
    (N_("Section 508, chapter 3: what people can do"), FUNCTIONAL),
    (N_("Section 508, chapters 5 and 6: software and support"), SUPPORT),
)
