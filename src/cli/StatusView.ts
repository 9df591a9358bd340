import type { Output } from "./Output.ts";

/** How a status is shown. */
export interface StatusView {
  /** For a person: `the sandbox`, `context okd (https://api.example.org:6443)`. */
  readonly place: string;
  /** Columns of the terminal. */
  readonly width: number;
  readonly now: Date;
  readonly colors: Output["colors"];
}
