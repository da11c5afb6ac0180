"""What the memory page must show, computed anew from the JSON, and a large plan to show."""

import random


def standing(plan, step=None):
    """The buffers that stand at a launch (the peak), largest first; what is overwritten there counts once."""
    step = plan["peak_step"] if step is None else step
    taken = {b["in_place_of"] for b in plan["buffers"] if b["in_place_of"] and b["first_step"] == step}
    live = [b for b in plan["buffers"] if b["first_step"] <= step <= b["last_step"]
            and not (b["last_step"] == step and b["name"] in taken)]
    return sorted(live, key=lambda b: -b["bytes"])


def by_line(buffers):
    """[(line, bytes)], largest first."""
    sums = {}
    for b in buffers:
        line = b["location"].rsplit(":", 1)[0] or "(no line)"
        sums[line] = sums.get(line, 0) + b["bytes"]
    return sorted(sums.items(), key=lambda item: -item[1])


def format_bytes(value):
    units, unit = ["B", "KiB", "MiB", "GiB", "TiB"], 0
    while value >= 1024 and unit < 4:
        value, unit = value / 1024, unit + 1
    return f"{value:.1f} {units[unit]}" if unit else f"{value} B"


def large_plan(buffers):
    """A plan of that many buffers without overlaps: activations as on a stack, gradients and workspaces above it.

      address  ^            +-+ workspace
               |        +---+-+---+
               |    +---+---------+---+
               |  +-+-----------------+-+   activation i is made at launch i, read last at launch 2n - 1 - i
               +-------------------------> launches
    """
    numbers = random.Random(1)
    layers = buffers // 4
    steps = [{"index": i, "kernel": "conv2d" if i < layers else "conv2d_dgrad", "layer": f"layer{min(i, 2 * layers - 1 - i)}",
              "location": f"large.mlir:{10 + min(i, 2 * layers - 1 - i) % 40}:3"} for i in range(2 * layers)]
    made, offset, tops, live = [], 0, [], []

    def add(name, kind, offset, size, first, last, line):
        made.append({"name": name, "kind": kind, "kernel": steps[first]["kernel"], "offset": offset, "bytes": size,
                     "first_step": first, "last_step": last, "in_place_of": None,
                     "location": f"large.mlir:{10 + line % 40}:3", "used_at": []})
    for i in range(layers):
        size = numbers.randrange(1, 64) << 18
        add(f"layer{i}.out", "activation", offset, size, i, 2 * layers - 1 - i, i)
        offset += size
        tops.append(offset)
    for i in range(buffers - layers):
        launch = layers + i // 3 if i // 3 < layers else 2 * layers - 1
        layer = 2 * layers - 1 - launch
        top = tops[layer] + sum(b["bytes"] for b in live if b["first_step"] == launch)
        live = [b for b in live if b["first_step"] == launch]
        add(f"layer{layer}.grad{i % 3}", "workspace" if i % 3 == 2 else "gradient", top,
            numbers.randrange(1, 32) << 16, launch, launch, layer)
        live.append(made[-1])
    live_bytes = [sum(b["bytes"] for b in made if b["first_step"] <= s <= b["last_step"]) for s in range(layers - 1, layers + 9)]
    return {"model": "large", "batch": 64, "target": "cpu", "precision": "fp32",
            "arena_bytes": max(b["offset"] + b["bytes"] for b in made), "lower_bound_bytes": max(live_bytes),
            "peak_step": layers - 1 + live_bytes.index(max(live_bytes)), "steps": steps, "buffers": made,
            "plans": [{"name": "plan"}], "lines": {}}
