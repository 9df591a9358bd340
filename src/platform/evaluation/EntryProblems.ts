import type { Location, Problem } from "../../contract/index.ts";
import { recordOf, type AnyComponent } from "../Component.ts";
import { creationLine } from "../creationLine.ts";
import type { LoadedPlatform } from "../LoadedPlatform.ts";
import type { Entry } from "./Entry.ts";

/** What is wrong with an environment, each with its place: the line that made a component in TypeScript, the line of the field in YAML. */
export class EntryProblems {
  readonly all: Problem[] = [];
  readonly #loaded: LoadedPlatform;

  constructor(loaded: LoadedPlatform) {
    this.#loaded = loaded;
  }

  add(problem: Problem): void {
    this.all.push(problem);
  }

  /** A problem at a path within the entry's specification. */
  report(entry: Entry, path: readonly PropertyKey[], message: string, hint?: string): void {
    const full = ["components", entry.key, ...path];
    const text = full.reduce<string>(
      (all, part) =>
        typeof part === "number" ? `${all}[${part}]` : all === "" ? String(part) : `${all}.${String(part)}`,
      "",
    );
    const where = entry.id === undefined ? this.#loaded.locate(full) : entry.where;
    this.all.push({ ...where, path: text, message, hint });
  }

  /** A path as the schema words it: `components.api.env[0]`. */
  whereIn(entry: Entry, path: string | undefined): Location {
    if (entry.id !== undefined) return entry.where;
    return this.#loaded.locate((path ?? "").split(/[.[\]]+/u).filter((part) => part !== ""));
  }

  whereCreated(component: AnyComponent): Location {
    const line = creationLine(recordOf(component).created.stack, this.#loaded.files);
    if (line === undefined) return { file: this.#loaded.shownFile };
    return { file: line.file === this.#loaded.file ? this.#loaded.shownFile : line.file, line: line.line };
  }
}
