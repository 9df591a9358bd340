// The page: filters in the URL, an epidemic curve, a list, and an editor.
const pageSize = 50;
const outcomes = ["recovered", "hospitalised", "died", "unknown"];
const element = (id) => document.getElementById(id);
const form = element("filters");
let offset = 0;
let newest = 0;

const number = new Intl.NumberFormat("en");
const svg = (name, attributes, text) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
};

async function ask(path, options) {
  const response = await fetch(`/api${path}`, options);
  const body = await response.json();
  if (!response.ok) throw new Error(body.error ?? response.statusText);
  return body;
}

const filters = () => new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ""));

async function refresh() {
  const turn = ++newest;
  const query = filters();
  if (form.elements.namedItem("region").options.length === 1)
    query.set("region", new URLSearchParams(location.search).get("region") ?? "");
  history.replaceState(null, "", query.size > 0 ? `?${query}` : location.pathname);
  try {
    const [list, summary] = await Promise.all([
      ask(`/cases?${query}&limit=${pageSize}&offset=${offset}`),
      ask(`/summary?${query}`),
    ]);
    // Answers may overtake each other while somebody types.
    if (turn !== newest) return;
    showList(list);
    showCurve(summary.weeks);
    showRegions(summary.regions);
  } catch (error) {
    if (turn === newest) element("total").textContent = error.message;
  }
}

function showList({ total, cases }) {
  element("total").textContent = `${number.format(total)} ${total === 1 ? "case" : "cases"}`;
  element("rows").replaceChildren(
    ...cases.map((each) => {
      const row = document.createElement("tr");
      row.dataset.id = each.id;
      row.tabIndex = 0;
      for (const field of [
        "id",
        "onset",
        "confirmed",
        "region",
        "district",
        "age",
        "sex",
        "outcome",
        "source",
        "notes",
      ]) {
        const cell = document.createElement("td");
        cell.textContent = each[field] ?? "–";
        row.append(cell);
      }
      return row;
    }),
  );
  const last = Math.max(1, Math.ceil(total / pageSize));
  element("page").textContent = `${number.format(offset / pageSize + 1)} of ${number.format(last)}`;
  element("previous").disabled = offset === 0;
  element("next").disabled = offset + pageSize >= total;
}

function showCurve(weeks) {
  const picture = element("curve");
  const width = picture.clientWidth || 800;
  const height = 210;
  const left = 38;
  const bottom = 20;
  const byWeek = Map.groupBy(weeks, (each) => each.week);
  const totals = [...byWeek.values()].map((rows) => rows.reduce((sum, row) => sum + row.cases, 0));
  const most = Math.max(1, ...totals);
  const first = Date.parse(weeks[0]?.week ?? "2024-01-01");
  const lastWeek = Date.parse(weeks.at(-1)?.week ?? "2024-01-01");
  const count = Math.round((lastWeek - first) / 604_800_000) + 1;
  const step = (width - left) / count;
  const scale = (height - bottom - 8) / most;
  const nodes = [];
  for (const part of [0.5, 1]) {
    const y = height - bottom - most * part * scale;
    nodes.push(svg("line", { x1: left, x2: width, y1: y, y2: y }));
    nodes.push(
      svg("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, number.format(Math.round(most * part))),
    );
  }
  let labelled = "";
  let labelEnd = 0;
  for (const [week, rows] of byWeek) {
    const x = left + Math.round((Date.parse(week) - first) / 604_800_000) * step;
    let y = height - bottom;
    for (const outcome of outcomes) {
      const cases = rows.find((row) => row.outcome === outcome)?.cases ?? 0;
      y -= cases * scale;
      if (cases > 0) {
        const bar = svg("rect", {
          x: x + step * 0.08,
          y,
          width: step * 0.84,
          height: cases * scale,
          class: outcome,
        });
        bar.append(svg("title", {}, `week of ${week}: ${cases} ${outcome}`));
        nodes.push(bar);
      }
    }
    const month = week.slice(0, 7);
    if (month !== labelled && Number(week.slice(8)) <= 7 && x > labelEnd && x < width - 45) {
      nodes.push(svg("text", { x, y: height - 5 }, month));
      labelled = month;
      labelEnd = x + 90;
    }
  }
  picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
  picture.dataset.weeks = byWeek.size;
  picture.replaceChildren(...nodes);
}

function showRegions(regions) {
  const most = Math.max(1, ...regions.map((each) => each.cases));
  const select = form.elements.namedItem("region");
  if (select.options.length === 1) {
    for (const { region } of regions.toSorted((a, b) => a.region.localeCompare(b.region)))
      select.append(new Option(region));
    const wanted = new URLSearchParams(location.search).get("region");
    if (wanted) {
      select.value = wanted;
      restart();
    }
  }
  element("regions").replaceChildren(
    ...regions.map(({ region, cases }) => {
      const button = document.createElement("button");
      button.type = "button";
      const name = document.createElement("span");
      name.textContent = region;
      const count = document.createElement("span");
      count.textContent = number.format(cases);
      const bar = document.createElement("meter");
      bar.max = most;
      bar.value = cases;
      button.append(name, count, bar);
      button.addEventListener("click", () => {
        select.value = select.value === region ? "" : region;
        restart();
      });
      return button;
    }),
  );
}

const restart = () => {
  offset = 0;
  void refresh();
};

const editor = element("editor");
const fields = editor.querySelector("form").elements;
let edited;

async function open(id) {
  edited = await ask(`/cases/${id}`);
  element("editor-title").textContent = `Case ${edited.id}, ${edited.district}, ${edited.region}`;
  for (const name of ["onset", "confirmed", "age", "sex", "outcome", "notes"])
    fields.namedItem(name).value = edited[name] ?? "";
  element("problem").textContent = "";
  element("edits").replaceChildren(
    ...edited.edits.map((edit) => {
      const line = document.createElement("li");
      line.textContent = `${edit.at.slice(0, 16).replace("T", " ")}  ${edit.field}: ${edit.before ?? "–"} → ${edit.after ?? "–"}`;
      return line;
    }),
  );
  if (!editor.open) editor.showModal();
}

async function save() {
  const value = (name) => fields.namedItem(name).value;
  const change = {
    revision: edited.revision,
    onset: value("onset"),
    confirmed: value("confirmed") || null,
    age: value("age") === "" ? null : Number(value("age")),
    sex: value("sex"),
    outcome: value("outcome"),
    notes: value("notes"),
  };
  try {
    await ask(`/cases/${edited.id}`, {
      method: "PATCH",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(change),
    });
    editor.close();
    await refresh();
  } catch (error) {
    element("problem").textContent = error.message;
  }
}

let typing;
form.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(restart, 120);
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(restart));
element("previous").addEventListener("click", () => {
  offset = Math.max(0, offset - pageSize);
  void refresh();
});
element("next").addEventListener("click", () => {
  offset += pageSize;
  void refresh();
});
const openRow = (event) => {
  const id = event.target.closest("tr")?.dataset.id;
  if (id) void open(id);
};
element("rows").addEventListener("click", openRow);
element("rows").addEventListener("keydown", (event) => {
  if (event.key === "Enter") openRow(event);
});
element("save").addEventListener("click", (event) => {
  event.preventDefault();
  if (editor.querySelector("form").reportValidity()) void save();
});
addEventListener("resize", () => void refresh());

for (const outcome of outcomes) {
  const mark = document.createElement("span");
  mark.className = outcome;
  mark.textContent = outcome;
  element("legend").append(mark);
}
for (const [name, value] of new URLSearchParams(location.search)) {
  const field = form.elements.namedItem(name);
  if (field && name !== "region") field.value = value;
}
void fetch("/settings")
  .then((response) => response.json())
  .then((settings) => {
    element("title").textContent = settings.title;
    document.title = settings.title;
  });
void refresh();
