// Part of the Fanfold project, under the Apache License v2.0 with LLVM Exceptions. See LICENSE for
// license information. SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Mouse, touch pad and keyboard; and the start of the page.

/** Wheel, drag, hover and click on one of the pictures. */
function listenToPicture(page, picture) {
  const canvas = picture.canvas, card = byId("card");
  let drag = null;
  const part = (event) => {
    const {width, height} = picture.inner;
    return [(event.offsetX - margin.left) / width, (event.offsetY - margin.top) / height];
  };
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const [x, y] = part(event);
    // Lines and pages of old wheels; some systems turn Shift into a sideways wheel.
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const sideways = event.shiftKey && !event.deltaY ? event.deltaX : 0;
    const factor = Math.exp((event.deltaY + sideways) * unit * (event.ctrlKey ? .01 : .0015));
    page.zoom(event.altKey ? 1 : factor, event.shiftKey ? 1 : factor, x, y);
    if (event.deltaX && !event.shiftKey)
      page.pan(event.deltaX * unit / picture.inner.width, 0);
  }, {passive: false});
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0)
      return;
    canvas.setPointerCapture(event.pointerId);
    drag = {x: event.offsetX, y: event.offsetY, view: {...page.left.view}, moved: false, box: event.shiftKey};
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drag) {
      hover(picture.hit(event.offsetX, event.offsetY), event);
      return;
    }
    const dx = event.offsetX - drag.x, dy = event.offsetY - drag.y;
    if (!drag.moved && Math.hypot(dx, dy) < 4)
      return;
    drag.moved = true;
    hover(null);
    canvas.classList.add("dragging");
    if (drag.box) {
      picture.box = {x0: drag.x, y0: drag.y, x1: event.offsetX, y1: event.offsetY};
      page.draw();
      return;
    }
    const {width, height} = picture.inner, view = drag.view;
    const x = dx / width * (view.x1 - view.x0), y = dy / height * (view.y1 - view.y0);
    page.setView({x0: view.x0 - x, x1: view.x1 - x, y0: view.y0 + y, y1: view.y1 + y});
  });
  const drop = (event, cancelled) => {
    if (!drag)
      return;
    const {moved, box} = drag;
    drag = null;
    canvas.classList.remove("dragging");
    if (moved && box) {
      const {x0, y0, x1, y1} = picture.box, scale = page.plan.steps.length / Math.max(1, picture.plan.steps.length);
      picture.box = null;
      if (!cancelled && Math.abs(x1 - x0) > 3 && Math.abs(y1 - y0) > 3)
        page.setView({x0: picture.stepAt(Math.min(x0, x1)) * scale, x1: picture.stepAt(Math.max(x0, x1)) * scale,
                      y0: picture.bytesAt(Math.max(y0, y1)), y1: picture.bytesAt(Math.min(y0, y1))});
      page.draw();
    } else if (!moved && !cancelled) {
      const found = picture.hit(event.offsetX, event.offsetY);
      page.select(found && picture === page.right ? page.plan.buffers.find((buffer) => buffer.name === found.name) || null : found);
    }
  };
  canvas.addEventListener("pointerup", (event) => drop(event, false));
  canvas.addEventListener("pointercancel", (event) => drop(event, true));
  canvas.addEventListener("pointerleave", () => hover(null));
  canvas.addEventListener("dblclick", () => page.left.selected && page.zoomTo(page.left.selected));

  function hover(buffer, event) {
    if (picture.hovered !== buffer) {
      picture.hovered = buffer;
      page.draw();
      if (buffer)
        card.replaceChildren(describeBuffer(picture.report || page.report, picture.plan, buffer, page.palette));
    }
    card.hidden = !buffer;
    if (!buffer)
      return;
    // Beside the pointer, on the side that has room.
    const {offsetWidth: width, offsetHeight: height} = card;
    const x = event.clientX + 16 + width < innerWidth ? event.clientX + 16 : event.clientX - 16 - width;
    const y = event.clientY + 16 + height < innerHeight ? event.clientY + 16 : event.clientY - 16 - height;
    card.style.left = Math.max(4, x) + "px";
    card.style.top = Math.max(4, y) + "px";
  }
}

function listenToProfile(page) {
  const canvas = byId("profile");
  const take = (event) => event.buttons & 1 && page.plan.steps.length && page.setStep(page.profile.stepAt(event.offsetX));
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    take(event);
  });
  canvas.addEventListener("pointermove", take);
}

/** Keys that hold wherever no text is being typed. */
function listenToKeys(page) {
  const neighbour = (direction) => {
    const standing = page.plan.standingAt(page.step);
    const at = standing.indexOf(page.left.selected);
    const next = at < 0 ? (direction > 0 ? 0 : standing.length - 1) : at + direction;
    if (standing[next])
      page.goTo(standing[next]);
  };
  const keys = {
    "ArrowLeft": () => page.pan(-.1, 0), "ArrowRight": () => page.pan(.1, 0),
    "ArrowUp": () => page.pan(0, .1), "ArrowDown": () => page.pan(0, -.1),
    "+": () => page.zoom(.8, .8), "=": () => page.zoom(.8, .8), "-": () => page.zoom(1.25, 1.25),
    "0": () => page.showAll(), "p": () => page.showPeak(),
    ",": () => page.setStep(page.step - 1), ".": () => page.setStep(page.step + 1),
    "[": () => neighbour(-1), "]": () => neighbour(1),
    "/": () => byId("search").focus(), "?": () => byId("help").showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !byId("help").open) {
      byId("search").value = "";
      page.table.open = null;
      page.kinds.clear();
      page.select(null);
      page.search("");
      page.showLegend();
      page.showTable();
      document.activeElement.blur();
      return;
    }
    const target = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input[type=search], select, dialog"))
      return;
    // Radio buttons and the scrolling panel keep their arrows.
    if (event.key.startsWith("Arrow") && target !== document.body && target.tagName !== "CANVAS")
      return;
    if (target.id === "profile" && event.key.startsWith("Arrow"))
      page.setStep(page.step + (event.key === "ArrowLeft" || event.key === "ArrowDown" ? -1 : 1));
    else if (keys[event.key])
      keys[event.key](event);
    else if (event.key >= "1" && event.key <= "9")
      page.choosePlan(Number(event.key) - 1);
    else if (event.key === "Enter" && target.tagName === "CANVAS" && page.left.selected)
      page.zoomTo(page.left.selected);
    else
      return;
    event.preventDefault();
  });
}

function listenToControls(page) {
  byId("search").addEventListener("input", (event) => page.search(event.target.value));
  byId("search").addEventListener("keydown", (event) => {
    if (event.key === "Enter")
      page.jump(event.shiftKey ? -1 : 1);
  });
  byId("zoom-in").addEventListener("click", () => page.zoom(.8, .8));
  byId("zoom-out").addEventListener("click", () => page.zoom(1.25, 1.25));
  byId("show-all").addEventListener("click", () => page.showAll());
  byId("show-peak").addEventListener("click", () => page.showPeak());
  byId("back-to-peak").addEventListener("click", () => page.setStep(page.plan.peak));
  byId("unselect").addEventListener("click", () => page.select(null));
  byId("grouping").addEventListener("change", () => {
    page.table.open = null;
    page.showTable();
  });
  byId("help-button").addEventListener("click", () => byId("help").showModal());
  byId("scheme").addEventListener("click", () =>
      page.setScheme(document.documentElement.dataset.scheme === "dark" ? "light" : "dark"));
  byId("compare").addEventListener("change", (event) =>
      page.compareWith(event.target.value === "" ? null : page.choices[Number(event.target.value)]));
  byId("open-file").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    event.target.value = ""; // So that the same file can be chosen again.
    if (!file)
      return;
    try {
      const report = readReport(await file.text());
      page.addReport(report, file.name);
      page.compareWith(page.others[page.others.length - 1]);
      showTrouble("");
    } catch (error) {
      showTrouble(`${file.name}: ${error.message}`);
    }
  });
  new ResizeObserver(() => page.draw()).observe(byId("pictures"));
}

/** The report in a text, or an error that says what is wrong with it. */
function readReport(text) {
  let report;
  try {
    report = JSON.parse(text);
  } catch (error) {
    throw new Error(`expected the output of fanfold inspect --memory --format=json: ${error.message}`);
  }
  const wrong = findMistake(report);
  if (wrong)
    throw new Error(`expected the output of fanfold inspect --memory --format=json: ${wrong}`);
  return report;
}

function showTrouble(text) {
  byId("trouble").textContent = text;
  byId("trouble").hidden = !text;
}

function start() {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  document.documentElement.dataset.scheme = dark.matches ? "dark" : "light";
  let page;
  try {
    page = new Page(readReport(byId("report").textContent));
  } catch (error) {
    showTrouble(`this page has no plan to show: ${error.message}`);
    byId("answer").hidden = true;
    document.querySelector("main").hidden = true;
    return;
  }
  listenToPicture(page, page.left);
  listenToPicture(page, page.right);
  listenToProfile(page);
  listenToKeys(page);
  listenToControls(page);
  dark.addEventListener("change", () => page.setScheme(dark.matches ? "dark" : "light"));
}

start();
