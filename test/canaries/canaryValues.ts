import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Secrets that are found again wherever they surface: plain, with all that is escaped somewhere, of several lines, with what base64 and base64url write differently, short. */
export const canaryValues = {
  PLAIN: "canary-plain-7f3a91",
  ESCAPED: 'canary "quoted"\\back/slash&percent%20é?',
  LINES: "canary-line-one-a81c\ncanary-line-two-b92d\n",
  BYTES: "canary>>>???~~~bytes",
  SHORT: "q7Zk",
} as const;

/** Written here, not taken from what is tested: how a value may stand in a text. */
export function formsOf(value: string): string[] {
  const base64 = Buffer.from(value).toString("base64");
  const lines = value.split("\n").filter((line) => line !== "");
  return [
    ...lines,
    base64,
    base64.replace(/=+$/u, ""),
    Buffer.from(value).toString("base64url"),
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    new URLSearchParams({ v: value }).toString().slice(2),
  ];
}

const canaries = Object.entries(canaryValues).flatMap(([key, value]) =>
  formsOf(value).map((form) => ({ key, form })),
);
/** Of all values. */
export const allForms: readonly string[] = canaries.map(({ form }) => form);
/** Which canaries stand in a text, and how. */
export const found = (text: string): string[] =>
  canaries.filter(({ form }) => text.includes(form)).map(({ key, form }) => `${key} as ${form}`);

/** The content of all files below a folder. */
export const filesBelow = (folder: string, isRead: (path: string) => boolean = () => true): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && isRead(join(entry.parentPath, entry.name)))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
