import type { RE2JS } from "re2js";
import { loadRe2 } from "./loadRe2.ts";

/** A `pattern` as Go's RE2 reads it, matched in linear time; undefined when RE2 refuses it (back-references, look-around). */
function compilePattern(pattern: string): RE2JS | undefined {
  if (compiled.has(pattern)) return compiled.get(pattern);
  const re2 = loadRe2();
  let regexp: RE2JS | undefined;
  try {
    regexp = re2.compile(pattern);
  } catch {
    regexp = undefined;
  }
  if (compiled.size < 4096) compiled.set(pattern, regexp);
  return regexp;
}

/** What RE2 has against a pattern, in its words. */
export function patternProblem(pattern: string): string | undefined {
  const re2 = loadRe2();
  try {
    re2.compile(pattern);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const compiled = new Map<string, RE2JS | undefined>();

/** Does a part of the value match? A pattern that can't be compiled refuses nothing: definitions with such are refused. */
export const matches = (pattern: string, value: string): boolean =>
  compilePattern(pattern)?.matcher(value).find() ?? true;
