"""`python -m bench`: counts and prints; `--million` adds a million events, which takes a few minutes."""

import argparse
import os

LAMBDA = {
    "POWERTOOLS_METRICS_NAMESPACE": "batchmedic",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description="Counts what a burst of job events costs.")
    parser.add_argument("--million", action="store_true", help="a million events too; a few minutes more")
    million = parser.parse_args().million
    os.environ.update(LAMBDA)  # noqa: TID251 - the handlers read it when they are imported, so this comes first
    from bench.platforms import platforms
    from bench.report import EVENTS, report

    with platforms() as make_platform:
        for line in report(make_platform, (*EVENTS, 1_000_000) if million else EVENTS):
            print(line, flush=True)


if __name__ == "__main__":
    main()
