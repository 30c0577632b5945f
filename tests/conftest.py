"""Tests import the study and the judge as nngen.study and nngen.judge from gen/python, and their helpers from here."""
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACES = [str(ROOT / "tests"), str(ROOT / "gen" / "python")]
sys.path[:0] = [p for p in PLACES if p not in sys.path]
os.environ["PYTHONPATH"] = os.pathsep.join([*PLACES, *filter(None, [os.environ.get("PYTHONPATH")])])  # of the programs that tests start
