"""How fast the product is, as ratios within one run: to the yardstick ../shared/bench/bare.py, and to the demo's size."""
