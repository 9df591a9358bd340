import type { ComponentStatus, EnvironmentStatus, Health, LockHolder } from "../deploy/index.ts";
import { formatDrift } from "./formatDrift.ts";
import { ageText, agoText, secondsText, timeText } from "./ageText.ts";
import type { StatusView } from "./StatusView.ts";
import { cutText, unbroken, visibleLength, wrapText } from "./wrapText.ts";

const marks: Readonly<Record<Health, string>> = { ready: "✓", waiting: "…", failed: "✗", unknown: "?" };
/** Of what nobody has deployed yet: nothing is wrong with it. */
const notThere = "·";

/** One environment as one screen: what is wrong comes with its reason, what is right takes one line. */
export function formatStatus(status: EnvironmentStatus, view: StatusView): string[] {
  return [
    ...heading(status, view),
    ...components(status, view),
    ...findings(status, view),
    ...formatDrift(status, view),
    ...status.notes.flatMap((note) => dimmed(wrapText(`note: ${note}`, view.width, ""), view)),
  ];
}

const paint = (health: Health, { colors }: StatusView) =>
  ({ ready: colors.green, waiting: colors.yellow, failed: colors.red, unknown: colors.yellow })[health];

const dimmed = (lines: readonly string[], { colors }: StatusView): string[] =>
  lines.map((line) => colors.dim(line));

const overall: Readonly<Record<Health, string>> = {
  ready: "healthy",
  waiting: "not ready yet",
  failed: "not healthy",
  unknown: "not known",
};

function heading(status: EnvironmentStatus, view: StatusView): string[] {
  const { colors, width, now } = view;
  const { revision, lock, unfinished, health } = status;
  const title = `${colors.bold(`${status.platform} ${status.environment}`)} is ${status.deployed ? overall[health] : "not deployed"}`;
  const lines = [`${paint(health, view)(status.deployed ? marks[health] : notThere)} ${title}`];
  lines.push(...dimmed(wrapText(`${view.place}, namespace ${status.namespace}`, width, "  "), view));
  if (revision !== undefined) {
    const why = revision.why === "" ? "" : `: ${revision.why}`;
    const when = `${agoText(revision.at, now)} (${timeText(revision.at)})`;
    lines.push(...wrapText(`revision ${revision.number}, ${when}, by ${revision.who}${why}`, width, "  "));
  }
  if (!status.deployed) {
    const { destroyed } = status;
    const what =
      destroyed === undefined
        ? "No deploy is on record there."
        : `It was destroyed ${agoText(destroyed.at, now)}, by ${destroyed.who}; what holds data is still there.`;
    const next = `Deploy it with: ${unbroken(`moorage deploy ${status.environment}`)}`;
    lines.push(...wrapText(`${what} ${next}`, width, "  "));
  }
  if (lock !== undefined) {
    const since = lock.since === undefined ? "" : `, since ${agoText(lock.since, now)}`.replace(" ago", "");
    const silent = silence(lock, now);
    const said = wrapText(`${lock.who} is deploying now${since}${silent}`, width, "  ");
    lines.push(...said.map((line) => colors.yellow(line)));
  } else if (unfinished !== undefined) {
    const how = {
      deploying: "has not come to its end",
      failed: "failed",
      interrupted: "was interrupted",
      destroying: "has not come to its end",
      deployed: "ended",
      destroyed: "ended",
    }[unfinished.status];
    const begun = unfinished.status === "destroying" ? "Destroying it" : "The last deploy";
    // Its message begins with the same word.
    const message = unfinished.message?.split("\n")[0]?.replace(/^Interrupted: /, "");
    const reason = message === undefined ? "" : `: ${message}`;
    const text = `${begun} (${agoText(unfinished.at, now)}, by ${unfinished.who}) ${how}${reason}`;
    const next =
      unfinished.status === "destroying"
        ? `Finish it: ${unbroken(`moorage destroy ${status.environment}`)}; or deploy again: ${unbroken(`moorage deploy ${status.environment}`)}`
        : revision === undefined
          ? `Deploy again to finish it: ${unbroken(`moorage deploy ${status.environment}`)}`
          : `Deploy again to finish it, or go back: ${unbroken(`moorage rollback ${status.environment} ${revision.number}`)}`;
    lines.push(...wrapText(text, width, "  ").map((line) => colors.yellow(line)));
    lines.push(...wrapText(`→ ${next}`, width, "    "));
  }
  return lines;
}

/** Holders renew every five seconds; clocks of two machines may differ by some. */
function silence({ renewed, leaseSeconds = 15 }: LockHolder, now: Date): string {
  const seconds = renewed === undefined ? 0 : (now.getTime() - Date.parse(renewed)) / 1000;
  if (seconds <= 60) return "";
  const since = `; not heard of for ${ageText(renewed, now)}`;
  return seconds > leaseSeconds
    ? `${since}: the next deploy takes over`
    : `${since}, and the Lease lasts ${secondsText(leaseSeconds * 1000)}: until then no deploy takes over`;
}

function components(status: EnvironmentStatus, view: StatusView): string[] {
  if (status.components.length === 0) return [];
  const { colors, width, now } = view;
  const longest = Math.max(9, ...status.components.map(({ name }) => name.length));
  const nameWidth = Math.min(longest, Math.max(9, Math.floor(width / 3)));
  const columns = [
    { title: "COMPONENT", of: (one: ComponentStatus) => cutText(one.name, nameWidth) },
    { title: "STATE", of: stateText },
    {
      title: "READY",
      of: ({ replicas }: ComponentStatus) =>
        replicas === undefined ? "" : `${replicas.ready}/${replicas.wanted}`,
    },
    { title: "SINCE", of: ({ since }: ComponentStatus) => ageText(since, now) },
    { title: "VERSION", of: versionText },
  ];
  // What nobody has takes no room.
  const used = columns.filter(
    ({ of }, index) => index < 2 || status.components.some((one) => of(one) !== ""),
  );
  const widthOf = ({ title, of }: (typeof columns)[number]): number =>
    Math.max(title.length, ...status.components.map((one) => of(one).length));
  const needed = (): number => used.reduce((sum, column) => sum + widthOf(column) + 2, 0);
  // Too narrow: versions go to a line of their own, then the times go.
  const dropped = new Set<string>();
  for (const title of ["VERSION", "SINCE"]) {
    if (needed() <= width || used.at(-1)?.title !== title) continue;
    used.pop();
    dropped.add(title);
  }
  const row = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => {
        const column = used[index];
        return column === undefined ? cell : cell + " ".repeat(widthOf(column) - visibleLength(cell) + 2);
      })
      .join("")
      .trimEnd();
  const lines = ["", colors.dim(`  ${row(used.map(({ title }) => title))}`)];
  for (const one of status.components) {
    const color = paint(one.health, view);
    const cells = used.map(({ title, of }) => (title === "STATE" ? color(of(one)) : of(one)));
    lines.push(`${color(one.deployed === false ? notThere : marks[one.health])} ${row(cells)}`);
    if (dropped.has("VERSION") && versionText(one) !== "")
      lines.push(...dimmed([`    ${versionText(one)}`], view));
    lines.push(...details(one, view));
  }
  return lines;
}

function stateText({ health, run, deployed }: ComponentStatus): string {
  if (deployed === false) return "not deployed";
  if (run?.suspended === true) return "suspended";
  if (run === undefined || run.schedule !== undefined || health === "failed") return health;
  return run.state === "succeeded" ? "done" : run.state;
}

function versionText({ version, images }: ComponentStatus): string {
  const digest = images[0]?.digest;
  if (version === undefined) return "";
  return digest === undefined || digest === version ? version : `${version} (${digest})`;
}

function details(one: ComponentStatus, view: StatusView): string[] {
  const { width, now, colors } = view;
  const lines: string[] = [];
  const isSaidBelow = one.message === "its last run failed" && one.run?.schedule !== undefined;
  if (one.message !== "" && !isSaidBelow && one.deployed !== false)
    lines.push(...wrapText(one.message, width, "    ").map(paint(one.health, view)));
  const { restarts, run } = one;
  if (restarts !== undefined) {
    const times = restarts.count === 1 ? "1 restart" : `${restarts.count} restarts`;
    const why =
      restarts.reason === undefined ? "" : `, the last ${agoText(restarts.at, now)}: ${restarts.reason}`;
    lines.push(...wrapText(`${times}${why}`, width, "    ").map((line) => colors.yellow(line)));
  }
  if (run?.schedule !== undefined) {
    const last =
      run.state === "never"
        ? "has not run yet"
        : run.state === "running"
          ? `runs since ${ageText(run.at, now)}`
          : `last run ${run.state} ${agoText(run.at, now)}`;
    lines.push(...dimmed(wrapText(`${run.schedule}; ${last}`, width, "    "), view));
  }
  for (const url of one.urls) lines.push(`    ${colors.cyan(url)}`);
  return lines;
}

function findings(status: EnvironmentStatus, view: StatusView): string[] {
  const { colors, width } = view;
  if (status.findings.length === 0) return [];
  return [
    "",
    ...status.findings.flatMap(({ severity, message, component }) => {
      const mark = severity === "error" ? colors.red("✗") : colors.yellow("!");
      const text = component === undefined ? message : `${component}: ${message}`;
      const [first = "", ...rest] = wrapText(text, width - 2, "");
      return [`${mark} ${first}`, ...rest.map((line) => `  ${line}`)];
    }),
  ];
}
