"""Procedures: what is done about an incident, as a checklist by kind, in Bahasa Indonesia and English.

Steps of different procedures that mean the same have the same id, so what was done stays done when a report gives the
incident another kind. The required steps are such as anybody can do, from a chair or on the spot.
"""

from collections.abc import Collection

from msgspec import Struct

from alerts.cases.signal import family


class ProcedureStep(Struct, frozen=True):
    """One thing to do; without the required ones an incident is not closed as resolved."""

    id: str
    text_id: str
    text_en: str
    required: bool = False


class Procedure(Struct, frozen=True):
    """The checklist for a kind or a family of kinds, in the order in which things are done."""

    kind: str
    steps: tuple[ProcedureStep, ...]


def _must(step: str, text_id: str, text_en: str) -> ProcedureStep:
    return ProcedureStep(step, text_id, text_en, required=True)


_may = ProcedureStep

_LOOK = _must(
    "look", "Lihat gambar atau rekaman, atau datangi tempatnya", "Look at the picture or the clip, or go to the place"
)
_NOTE = _must("note", "Catat apa yang ditemukan", "Write down what was found")
_SAFE = _must(
    "safe",
    "Pastikan orang di sekitar aman; jangan main hakim sendiri",
    "Make sure that people nearby are safe; do not take the law into your own hands",
)
_TOGETHER = _may(
    "together",
    "Bila perlu ke tempat, datang berdua atau lebih; jangan mengejar",
    "If somebody must go there, go as two or more; do not chase",
)
_POLICE_IF = _may(
    "police",
    "Bila ada ancaman, senjata, atau kekerasan, hubungi Polsek atau 110",
    "If there is a threat, a weapon or violence, call the Polsek or 110",
)
_POLICE = _must("police", "Hubungi Polsek atau 110", "Call the Polsek or 110")
_HEADS = _may("heads", "Hubungi ketua RT dan petugas ronda", "Call the head of the RT and the ronda")
_POWER = _may(
    "power_off",
    "Matikan listrik dan gas bila dapat dilakukan dengan aman",
    "Switch off electricity and gas where that is safe",
)

PROCEDURES: dict[str, Procedure] = {
    kind: Procedure(kind, steps)
    for kind, steps in {
        "presence": (
            _LOOK,
            _must(
                "judge",
                "Pastikan: warga, tamu, orang tak dikenal, atau bukan orang",
                "Decide: resident, guest, stranger, or nobody at all",
            ),
            _HEADS,
            _TOGETHER,
            _POLICE_IF,
            _NOTE,
        ),
        "thief": (
            _SAFE,
            _POLICE,
            _HEADS,
            _TOGETHER,
            _may(
                "traces",
                "Jangan sentuh barang bukti; catat ciri, kendaraan, dan arah lari",
                "Touch no evidence; write down looks, vehicle and which way they went",
            ),
            _NOTE,
        ),
        "fire": (
            _must(
                "all_out",
                "Pastikan semua orang keluar dan menjauh",
                "Make sure that everybody is out and keeps away",
            ),
            _must("damkar", "Hubungi Damkar", "Call the fire brigade (Damkar)"),
            _may(
                "inside",
                "Tanyakan apakah masih ada orang di dalam, lalu sampaikan kepada Damkar",
                "Ask whether anybody is still inside, and tell the fire brigade",
            ),
            _POWER,
            _may("road", "Kosongkan jalan untuk mobil Damkar", "Clear the road for the fire engine"),
            _NOTE,
        ),
        "flood": (
            _must(
                "higher_ground",
                "Pastikan warga, terlebih anak, lansia, dan orang sakit, berada di tempat tinggi",
                "Make sure that people, children, old and ill people first, are on higher ground",
            ),
            _must("bpbd", "Hubungi BPBD", "Call the disaster agency (BPBD)"),
            _POWER,
            _may(
                "water",
                "Catat tinggi air, dan apakah masih naik",
                "Write down how high the water is, and whether it still rises",
            ),
            _NOTE,
        ),
        "medical": (
            _must(
                "ambulance",
                "Hubungi 119 atau puskesmas terdekat",
                "Call 119 or the nearest health centre (puskesmas)",
            ),
            _must(
                "stay",
                "Pastikan ada yang menemani; jangan pindahkan orangnya kecuali tempatnya berbahaya",
                "Make sure that somebody stays; do not move the person unless the place is dangerous",
            ),
            _may(
                "guide",
                "Tunggu ambulans di jalan dan tunjukkan arah",
                "Wait for the ambulance at the road, show the way",
            ),
            _NOTE,
        ),
        "quarrel": (
            _must("heads", "Hubungi ketua RT atau ketua RW", "Call the head of the RT or the RW"),
            _TOGETHER,
            _may(
                "apart",
                "Tenangkan dan pisahkan kedua pihak bila aman; dahulukan anak",
                "Calm both sides and part them where that is safe; children first",
            ),
            _POLICE_IF,
            _NOTE,
        ),
        "danger": (_LOOK, _SAFE, _POLICE, _HEADS, _TOGETHER, _NOTE),
        "health": (
            _must("last_picture", "Lihat gambar terakhir kamera", "Look at the camera's last picture"),
            _may(
                "before",
                "Bila tertutup atau bergeser, lihat rekaman sebelumnya",
                "If it is covered or was moved, look at the clips from before",
            ),
            _must(
                "site",
                "Minta seseorang memeriksa di tempat, atau hubungi pemasang",
                "Ask somebody to check on the spot, or call the installer",
            ),
            _NOTE,
        ),
        "edge_silent": (
            _must(
                "power",
                "Tanyakan apakah listrik dan internet di tempat itu menyala",
                "Ask whether electricity and internet are on at the place",
            ),
            _must(
                "site",
                "Minta seseorang memeriksa di tempat, atau hubungi pemasang",
                "Ask somebody to check on the spot, or call the installer",
            ),
            _may(
                "patrol",
                "Minta ronda berkeliling selama kamera tidak melihat",
                "Ask the ronda to walk round while the cameras do not see",
            ),
            _NOTE,
        ),
        "other": (
            _must(
                "ask",
                "Baca laporannya; hubungi pelapor bila kurang jelas",
                "Read the report; call the reporter where it is not clear",
            ),
            _LOOK,
            _HEADS,
            _POLICE_IF,
            _NOTE,
        ),
    }.items()
}


def procedure(kind: str) -> Procedure:
    """The procedure of a kind; else that of its family; else the one for all other things."""
    return PROCEDURES.get(kind) or PROCEDURES.get(family(kind)) or PROCEDURES["other"]


def missing(procedure: Procedure, done: Collection[str]) -> list[ProcedureStep]:
    """The required steps whose ids are not among those done, in order."""
    return [step for step in procedure.steps if step.required and step.id not in done]
