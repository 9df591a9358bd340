import type { Drift, EnvironmentStatus } from "../deploy/index.ts";
import { agoText } from "./ageText.ts";
import type { StatusView } from "./StatusView.ts";
import { cutText, unbroken, wrapText } from "./wrapText.ts";

/** So many fields of an object are shown; `-o json` has all. */
const shownDrift = 12;

/** What others changed, and what the platform file wants otherwise; each with the next step. */
export function formatDrift(status: EnvironmentStatus, view: StatusView): string[] {
  const { colors, width } = view;
  if (!status.deployed) return [];
  const lines: string[] = [""];
  const { pending = [], environment } = status;
  if (status.drift.length === 0) {
    const since = status.revision === undefined ? "" : ` since revision ${status.revision.number}`;
    const [first = "", ...rest] = wrapText(`nobody has changed anything by hand${since}`, width - 2, "");
    if (status.driftFrom !== undefined)
      lines.push(`${colors.green("✓")} ${first}`, ...rest.map((line) => `  ${line}`));
  } else {
    const objects = new Set(status.drift.map(({ object }) => object));
    const fields = status.drift.length === 1 ? "1 change" : `${status.drift.length} changes`;
    lines.push(
      `${colors.yellow("!")} ${fields} by others in ${objects.size === 1 ? "1 object" : `${objects.size} objects`}:`,
    );
    for (const object of objects) {
      const fieldsOf = status.drift.filter((one) => one.object === object);
      const isMissing = fieldsOf.some(({ what }) => what === "missing");
      lines.push(`  ${object}${isMissing ? colors.red(" is missing: it was deleted") : ""}`);
      for (const field of fieldsOf.filter(({ what }) => what !== "missing").slice(0, shownDrift))
        lines.push(...driftLines(field, view));
      if (fieldsOf.length > shownDrift)
        lines.push(colors.dim(`    and ${fieldsOf.length - shownDrift} more: -o json shows all`));
    }
    const isSetBack = status.drift.some(({ what }) => what !== "added");
    const next = isSetBack
      ? `→ See what a deploy would set back: ${unbroken(`moorage plan ${environment}`)}`
      : "A deploy leaves what others added as it is.";
    lines.push(...wrapText(next, width, "  "));
  }
  if (pending.length > 0) {
    const [only] = pending;
    const what =
      pending.length === 1 && only !== undefined
        ? `The platform file wants a change that is not deployed: ${only}.`
        : `The platform file wants ${pending.length} changes that are not deployed.`;
    const [first = "", ...rest] = wrapText(
      `${what} See: ${unbroken(`moorage plan ${environment}`)}`,
      width - 2,
      "",
    );
    lines.push(`${colors.yellow("!")} ${first}`, ...rest.map((line) => `  ${line}`));
  }
  return lines.length === 1 ? [] : lines;
}

function driftLines(field: Drift, { width, now }: StatusView): string[] {
  const when = field.at === undefined ? "" : `, ${agoText(field.at, now)}`;
  const by = field.manager === undefined ? "" : ` (${field.manager}${when})`;
  const path = field.path ?? "";
  const change =
    field.secret === true
      ? `${path}: ${field.what} (value hidden)`
      : field.what === "removed"
        ? `${path}: ${shown(field.deployed)} was removed`
        : field.what === "added"
          ? `${path}: ${shown(field.now)} was added`
          : `${path}: ${shown(field.deployed)} -> ${shown(field.now)}`;
  return wrapText(`${change}${by}`, width, "    ");
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return cutText((text ?? "").replaceAll("\n", "⏎"), 60);
}
