// Part of the Fanfold project, under the Apache License v2.0 with LLVM Exceptions. See LICENSE for
// license information. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table: what stands at a launch, largest first, in groups that open. With a second plan, what
// each group holds in both.

const mostRows = 200;

class Table {
  /** `on.choose(key or null)` is told of an opened group, `on.select(buffer)` of a buffer. */
  constructor(on) {
    this.on = on;
    this.open = null;
  }

  /** `second` is null or {plan, step}. */
  show(report, plan, step, grouping, second) {
    const standing = plan.standingAt(step);
    const total = standing.reduce((sum, buffer) => sum + buffer.bytes, 0);
    const atPeak = step === plan.peak;
    byId("table-title").textContent =
        `${atPeak ? "At the peak" : "Standing at launch " + step}: ${formatBytes(total)}` + (second ? " against " : "");
    byId("table-title").dataset.bytes = total;
    byId("table-title").title = plan.describeStep(step);
    let rows = group(standing, grouping).map((entry) => ({...entry, other: 0}));
    if (second) {
      const others = second.plan.standingAt(second.step);
      byId("table-title").append(formatBytes(others.reduce((sum, buffer) => sum + buffer.bytes, 0)));
      const named = new Map(rows.map((row) => [row.key, row]));
      for (const entry of group(others, grouping))
        if (named.has(entry.key))
          named.get(entry.key).other = entry.bytes;
        else
          rows.push({key: entry.key, bytes: 0, buffers: [], other: entry.bytes});
      rows.sort((a, b) => Math.abs(b.bytes - b.other) - Math.abs(a.bytes - a.other) || b.bytes - a.bytes);
    }
    const heads = second ? ["here", "there", "more here"] : ["bytes", "share"];
    const table = byId("table");
    table.tHead.replaceChildren(make("tr", {}, ...heads.map((head, i) => {
      const cell = make("th", {scope: "col"}, head);
      cell.style.width = second ? "72px" : i ? "52px" : "72px";
      return cell;
    }), make("th", {scope: "col"}, byId("grouping").selectedOptions[0].textContent)));
    const cells = rows.slice(0, mostRows).flatMap((row) => this.rowsOf(report, row, grouping, total, second));
    const rest = rows.slice(mostRows);
    const closing = (text, bytes) => make("tr", {className: "rest"}, bytesElement("td", bytes, {className: "number"}),
        make("td", {className: "number"}, second ? "" : percent(bytes, total)),
        make("td", {colSpan: second ? 2 : 1}, text));
    if (rest.length)
      cells.push(closing(`in ${rest.length} smaller rows`, rest.reduce((sum, row) => sum + row.bytes, 0)));
    if (plan.arena > total && !second)
      cells.push(closing("of the arena not in use at this launch", plan.arena - total));
    table.tBodies[0].replaceChildren(...cells);
  }

  rowsOf(report, row, grouping, total, second) {
    const isLine = grouping === "line" || grouping === "use", text = isLine ? textOf(report, row.key) : "";
    const button = make("button", {type: "button", className: "row", title: text}, make("code", {}, isLine ? shortLine(row.key) : row.key),
                        !second && text && make("small", {}, make("code", {}, text)));
    const single = grouping === "buffer";
    button.addEventListener("click", () => single && row.buffers.length ? this.on.select(row.buffers[0]) : this.toggle(row.key));
    if (!single)
      button.setAttribute("aria-expanded", this.open === row.key);
    const numbers = [bytesElement("td", row.bytes, {className: "number"})];
    if (second) {
      const more = row.bytes - row.other;
      numbers.push(bytesElement("td", row.other, {className: "number"}),
                   bytesElement("td", more, {className: "number " + (more > 0 ? "less" : more < 0 ? "more" : "")}));
    } else {
      const bar = make("i");
      bar.style.width = percent(row.bytes, total, 2);
      numbers.push(make("td", {className: "number"}, percent(row.bytes, total), make("span", {className: "bar"}, bar)));
      numbers[1].lastChild.style.display = "block";
    }
    const tr = make("tr", {className: this.open === row.key ? "chosen" : ""}, ...numbers, make("td", {}, button));
    tr.dataset.key = row.key;
    const members = this.open === row.key && !single ? row.buffers.slice(0, mostRows) : [];
    return [tr, ...members.map((buffer) => {
      const select = make("button", {type: "button", className: "row"}, make("code", {}, buffer.name));
      select.addEventListener("click", () => this.on.select(buffer));
      return make("tr", {className: "member"}, bytesElement("td", buffer.bytes, {className: "number"}),
                  make("td", {className: "number", colSpan: second ? 2 : 1}, `${buffer.first}–${buffer.last}`),
                  make("td", {}, select));
    })];
  }

  toggle(key) {
    this.open = this.open === key ? null : key;
    this.on.choose(this.open);
  }
}
