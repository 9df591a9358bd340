import { createRequire } from "node:module";

type Cel = typeof import("@marcbachmann/cel-js");

/** Kept from most sandboxes: few kinds have rules. */
export const loadCel = (): Cel => (cel ??= createRequire(import.meta.url)("@marcbachmann/cel-js") as Cel);

let cel: Cel | undefined;
