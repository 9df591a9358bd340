import { createRequire } from "node:module";

type Re2 = (typeof import("re2js"))["RE2JS"];
let re2: Re2 | undefined;

/** RE2's regular expressions, loaded by the first pattern that is met: 2 MB that a sandbox without custom kinds of its own does without. */
export const loadRe2 = (): Re2 => (re2 ??= (createRequire(import.meta.url)("re2js") as { RE2JS: Re2 }).RE2JS);
