"""`ekamling model`: which models there are, which of one's own may be used, and what runs them best here."""

import argparse
import importlib
import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from core.errors import EkamlingError, ModelError
from detectors import admission, choice, coco, layouts, registry
from detectors.admission import Admitted
from ekamling import model_bench

SIDES = (64, 2048)


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    known = actions.add_parser("list", help="the models that are shipped or were imported")
    bring = actions.add_parser("import", help="check an ONNX model and keep it under a name")
    bring.add_argument("file", type=Path, metavar="FILE", help="ONNX file of a known layout")
    bring.add_argument("--layout", choices=layouts.NAMES, help="refuse it unless it is this; without, it is recognised")
    time = actions.add_parser("bench", help="time every back end that is installed, and choose one")
    time.add_argument("model", nargs="?", default=registry.DEFAULT, metavar="MODEL", help="name (default %(default)s)")
    time.add_argument("--images", type=Path, metavar="FOLDER", help="pictures to measure accuracy with, too")
    time.add_argument("--labels", type=Path, metavar="FOLDER", help="their labels: YOLO text files of the same names")
    time.add_argument("--rounds", type=int, default=60, help="pictures timed for each size (default 60)")
    make = actions.add_parser("export", help="make a model of one's own YOLO weights, in 8 bits if pictures are given")
    make.add_argument("file", type=Path, metavar="WEIGHTS", help=".pt of Ultralytics, trusted; or an ONNX file")
    make.add_argument("--calibrate", type=Path, metavar="FOLDER", help="pictures of one's cameras, for 8 bits")
    for sub in (bring, make):
        sub.add_argument("--name", required=True, help="what edge.toml will call it")
        sub.add_argument("--classes", default="", metavar="FILE|coco", help="names of its classes, one a line")
        sub.add_argument("--input", type=int, default=416, metavar="PIXELS", help="longer side, where the file is open")
        sub.add_argument("--licence", default="unknown", help="under which the model is, for `ekamling model list`")
        sub.add_argument("--replace", action="store_true", help="take the place of a model of that name")
        sub.add_argument("--to", type=Path, metavar="FOLDER", help="where it is kept; edge.toml: [detection] models")
    for sub in (known, time):
        sub.add_argument("--models", type=Path, metavar="FOLDER", help="where imported models are kept")
    for sub in (known, bring, time, make):
        sub.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Do it and print; what cannot be used is one line."""
    return {"list": _list, "import": _import, "bench": _bench, "export": _export}[options.action](options)


def _list(options: argparse.Namespace) -> int:
    names, problems = registry.imported(options.models), []
    rows = [_row(model, "shipped") for model in registry.known()]
    for name in names:
        try:
            rows.append(_row(registry.read(name, options.models), "imported"))
        except ModelError as error:
            problems.append(str(error))
    for problem in problems:
        sys.stderr.write(f"ekamling: {problem}\n")
    if options.json:
        _print_json({"models": rows})
    else:
        for row in rows:
            size = f"{row['width']}x{row['height']}" if row["width"] else "its own"
            sys.stdout.write(
                f"{row['name']:24} {row['layout']:13} {size:9} {len(row['classes']):3} classes"
                f" {row['bytes'] / 1e6:6.1f} MB  {row['sha256'][:8]}  {row['origin']:8}  {row['path']}\n"
            )
    return 1 if problems else 0


def _row(model: registry.Model, origin: str) -> dict[str, Any]:
    height, width = model.input or (None, None)
    return {
        "name": model.name,
        "layout": model.layout,
        "width": width,
        "height": height,
        "classes": list(model.classes),
        "bytes": len(model.content()),
        "sha256": model.sha256 or "",
        "licence": model.licence,
        "origin": origin,
        "path": str(model.path),
    }


def _import(options: argparse.Namespace) -> int:
    _check_name(options)
    good = _admit(options, options.file, _classes(options.classes) or coco.CLASSES, options.layout)
    return _keep(options, good, {})


def _export(options: argparse.Namespace) -> int:
    _check_name(options)
    if options.file.suffix.lower() != ".onnx" and importlib.util.find_spec("ultralytics") is None:
        raise ModelError(f"{options.file}: needs the package ultralytics; install the extra ekamling[train]")
    if importlib.util.find_spec("onnx") is None:
        raise ModelError(f"{options.file}: needs the package onnx; install the extra ekamling[train]")
    export: Any = importlib.import_module("detectors.export")
    classes, notes = _classes(options.classes), {}
    with tempfile.TemporaryDirectory() as folder:
        path = options.file
        if path.suffix.lower() != ".onnx":
            exported = export.from_weights(path, options.input, Path(folder))
            path, classes = Path(exported.path), classes or exported.classes
        good = _admit(options, path, classes or coco.CLASSES)
        if options.calibrate:
            quantised = export.calibrate(good, options.calibrate)
            notes = {"calibrated_with": quantised.pictures, "sees_the_same": quantised.agreement}
            path = Path(folder) / "quantised.onnx"
            path.write_bytes(quantised.content)
            good = _admit(options, path, good.model.classes)
        return _keep(options, good, notes)


def _check_name(options: argparse.Namespace) -> None:
    if not registry.NAME.match(options.name):
        raise EkamlingError(f"--name {options.name!r}: small letters, digits, '-', '_' and '.', at most 63 of them")
    if any(model.name == options.name for model in registry.known()):
        raise EkamlingError(f"--name {options.name}: is the name of a shipped model; choose another")
    if options.name in registry.imported(options.to) and not options.replace:
        raise EkamlingError(f"--name {options.name}: there is such a model already; say --replace or another name")
    if not SIDES[0] <= options.input <= SIDES[1] or options.input % 32:
        raise EkamlingError(f"--input {options.input}: must be a multiple of 32 from {SIDES[0]} to {SIDES[1]}")


def _admit(options: argparse.Namespace, path: Path, classes: tuple[str, ...], layout: str | None = None) -> Admitted:
    return admission.admit(path, options.name, classes, layout=layout, input=(options.input, options.input))


def _keep(options: argparse.Namespace, good: Admitted, notes: dict[str, Any]) -> int:
    model = msgspec.structs.replace(good.model, licence=options.licence)
    kept = registry.keep(model, good.content, options.to or registry.user_folder())
    if options.json:
        _print_json({**_row(kept, "imported"), "found": good.found, **notes})
        return 0
    seen = ", ".join(f"{count} {name}" for name, count in list(good.found.items())[:5]) or "nothing"
    lines = [
        f"model {kept.name}: layout {kept.layout}, {len(kept.classes)} classes, kept as {kept.path}",
        f"on the shipped pictures of a yard with people it sees: {seen}",
    ]
    if notes:
        share = "nothing to compare" if notes["sees_the_same"] is None else f"{notes['sees_the_same']:.0%} the same"
        lines.append(f"calibrated with {notes['calibrated_with']} pictures; 8 bits against 32 on them: {share}")
    folder = f'\nmodels = "{options.to}"' if options.to else ""
    lines.append(f'to use it, in edge.toml:\n\n[detection]\nmodel = "{kept.name}"{folder}')
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _classes(given: str) -> tuple[str, ...]:
    """The names in a file, or those of COCO; none when nothing is given."""
    if given in ("", "coco"):
        return coco.CLASSES if given else ()
    try:
        lines = Path(given).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EkamlingError(f"{given}: cannot be read as a list of classes, one a line") from error
    names = tuple(line.strip() for line in lines if line.strip())
    if not names or len(set(names)) < len(names):
        raise EkamlingError(f"{given}: must hold one class a line, each once")
    return names


def _bench(options: argparse.Namespace) -> int:
    if bool(options.images) != bool(options.labels):
        raise EkamlingError("--images and --labels belong together")
    if not 3 <= options.rounds <= 10_000:
        raise EkamlingError(f"--rounds {options.rounds}: must be from 3 to 10000")
    model = registry.find(options.model, options.models)
    labelled = (options.images, options.labels) if options.images else None
    bench = model_bench.run(model, options.rounds, labelled, _say)
    choice_made = choice.remember(model, bench.trial, options.models)
    if options.json:
        _print_json(model_bench.as_json(model, bench, choice_made))
    else:
        sys.stdout.write(model_bench.as_text(model, bench, choice_made))
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"bench: {line}\n")


def _print_json(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
