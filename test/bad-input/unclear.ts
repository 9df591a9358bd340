import type { CliResult } from "../cli/CliFolder.ts";

/**
 * What is not as it has to be when something was wrong: the exit code, a text that is missing, a stack trace, what looks like a bug of
 * Moorage, an error told twice. Empty for one clear message.
 */
export function unclear(result: CliResult, code: 1 | 2 | 130, texts: readonly string[]): string[] {
  const said = result.stdout + result.stderr;
  const complaints = texts.filter((text) => !said.includes(text)).map((text) => `does not say: ${text}`);
  if (result.code !== code) complaints.push(`exits with ${result.code}, not ${code}`);
  const ugly = /\n {4}at |Moorage has a bug|\[object|undefined|node:internal/.exec(said);
  if (ugly !== null) complaints.push(`says ${ugly[0]}`);
  if ((said.match(/^error /gm)?.length ?? 0) > 1) complaints.push("tells an error more than once");
  return complaints.length === 0 ? [] : [...complaints, said];
}
