const generated = "[bcdfghjklmnpqrstvwxz2456789]";

/** In this order: what is longest first. */
const replacements: readonly (readonly [RegExp, string])[] = [
  [/\/tmp\/(LIVE|MERGED)-\d+/g, "<$1>"],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<uid>"],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{6})Z/g, "<micro time>"],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\s?[+-]\d\d:?\d\d(?: \w+)?)/g, "<time>"],
  [/(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, "<date>"],
  [/(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} +\d+ \d\d:\d\d:\d\d(?: \w+)? \d{4}/g, "<date>"],
  [/^\d+:\d\d:\d\d[AP]M: /gm, "<clock> "],
  [/("?resourceVersion"?: "?)\d+/gi, "$1<version>"],
  [/\b\d{19}\b/g, "<id>"],
  [/\bv1\.[0-9a-f]{32}\b/g, "<digest>"],
  [/https:\/\/127\.0\.0\.1:\d+/g, "<server>"],
  [/\b10\.\d+\.\d+\.\d+\b/g, "<address>"],
  [/\b127\.\d+\.\d+\.\d+\b/g, "<address>"],
  [new RegExp(`-${generated}{7,10}-${generated}{5}\\b`, "g"), "-<hash>-<generated>"],
  [new RegExp(`\\b(pod-template-hash[=:]\\s*"?)${generated}{7,10}`, "g"), "$1<hash>"],
  [new RegExp(`-${generated}{7,10}\\b`, "g"), "-<hash>"],
  [new RegExp(`-${generated}{5}\\b`, "g"), "-<generated>"],
  [/\b3\d{4}(?=\/TCP|\/UDP)/g, "<port>"],
  // A Service's port to its loopback port.
  [/("\d+":)\d{4,5}(?=[,}])/g, "$1<port>"],
  [/(\bnodePort"?: )3\d{4}/g, "$1<port>"],
  [/^[EIW]\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ /gm, "<log> "],
];
const age = /(^|[\s(,@])(?:<invalid>|(?:\d+(?:ms|s|m|h|d|y)){1,2})(?= ago|[\s,)]|$)/g;

/** How far something was when it was looked at hangs on timing; that it ended well is said in another line. */
const progress =
  /^(?:.*(?:\bongoing: |\bL ongoing|\^ |---- waiting on|L waiting on|L ok: |---- applying \d+ changes )|Waiting for |waiting for |\d+ (?:out of|of) \d+ new )/;

/** What two clusters can't have in common is named; columns are as wide as they are. */
export function normaliseOutput(text: string, folder: string): string {
  let result = text.replaceAll(folder, "<folder>");
  for (const [pattern, name] of replacements) result = result.replaceAll(pattern, name);
  return result
    .split("\n")
    .filter((line) => !progress.test(line))
    .map((line) =>
      line
        .replaceAll(age, "$1<age>")
        .replace(/\(x\d+ over <age>\)/g, "(repeated)")
        // The widest cell of a column is followed by kapp's tab alone.
        .replace(/(?<=\S)(?:\s{2,}|\t)/g, "  ")
        .replace(/-{5,}|={5,}/g, "-----")
        .trimEnd(),
    )
    .join("\n");
}
