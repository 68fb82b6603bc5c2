"""What the benchmark kits ask for: `detect` and `rank`, on top of the package's own functions.

python run.py --adapter benchmarks.adapter:detect      in the detection kit, this repository on PYTHONPATH
python run.py --adapter benchmarks.adapter:rank        in the ranking kit
"""

from benchmarks.detection_adapter import detect
from benchmarks.ranking_adapter import rank

__all__ = ["detect", "rank"]
