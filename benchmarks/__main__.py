"""All measurements, one table each: `make bench`; `--save` keeps them in FIGURES.md."""

import argparse

from benchmarks import detect, figures, idle, run, scale, stages, startup

PARTS = {
    "run": run.main,
    "startup": startup.main,
    "stages": stages.main,
    "detect": detect.main,
    "scale": scale.main,
    "idle": idle.main,
}


def main() -> None:
    """Run the parts that were named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)}; all if none is named"
    )
    parser.add_argument("--save", action="store_true", help="write the tables to benchmarks/FIGURES.md")
    arguments = parser.parse_args()
    unknown = set(arguments.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    print(figures.machine())
    for name in arguments.parts or PARTS:
        PARTS[name](save=arguments.save)


if __name__ == "__main__":
    main()
