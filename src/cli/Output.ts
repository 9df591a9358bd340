import { createColors } from "picocolors";
import { breakable, visibleLength, wrapText } from "./wrapText.ts";

type Colors = ReturnType<typeof createColors>;

/** A stream as far as the CLI uses one: `process.stdout`, or a test's recorder. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

/**
 * Where commands print. Facts go to stdout (text, or one JSON document with `-o json`), progress and remarks to stderr, so that
 * `moorage render prod > objects.yaml` and `moorage status prod -o json | jq` work while a person still sees what happens.
 */
export class Output {
  readonly format: "text" | "json";
  readonly colors: Colors;
  /** Whether progress may be redrawn in place. */
  readonly live: boolean;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  #redact: (text: string) => string = (text) => text;
  #beside: Readonly<Record<string, unknown>> = {};
  readonly #onHide: ((redact: (text: string) => string) => void) | undefined;

  constructor(options: {
    stdout: TextStream;
    stderr: TextStream;
    format?: "text" | "json";
    environment?: Readonly<Record<string, string | undefined>>;
    /** Told of each `hide`: what is printed past this output knows the same secrets. */
    onHide?: (redact: (text: string) => string) => void;
  }) {
    this.#onHide = options.onHide;
    const environment = options.environment ?? {};
    this.stdout = this.#withoutSecrets(options.stdout);
    this.stderr = this.#withoutSecrets(options.stderr);
    this.format = options.format ?? "text";
    const dumb = environment.TERM === "dumb";
    this.live = options.stderr.isTTY === true && !dumb && !environment.CI;
    const colored =
      !environment.NO_COLOR && !dumb && (Boolean(environment.FORCE_COLOR) || options.stdout.isTTY === true);
    this.colors = createColors(colored);
  }

  /** From now on nothing is printed before `redact` has been over it: the last net, under all that is careful by itself. */
  hide(redact: (text: string) => string): void {
    const before = this.#redact;
    this.#redact = (text) => redact(before(text));
    this.#onHide?.(redact);
  }

  #withoutSecrets(stream: TextStream): TextStream {
    const redact = (text: string): string => this.#redact(text);
    return {
      write: (text) => stream.write(redact(text)),
      get isTTY() {
        return stream.isTTY === true;
      },
      get columns() {
        return stream.columns;
      },
      get rows() {
        return stream.rows;
      },
    };
  }

  /** A line of facts on stdout; nothing under `-o json`. */
  line(text = ""): void {
    if (this.format === "text") this.stdout.write(`${text}\n`);
  }

  /** The facts as data, under `-o json` only: one document for the whole command. */
  json(value: unknown): void {
    if (this.format === "json") this.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** Facts that a failure is told with as data: how far things came. */
  beside(facts: Readonly<Record<string, unknown>>): void {
    this.#beside = { ...this.#beside, ...facts };
  }

  /** One document that says why a command failed. */
  jsonError(error: Readonly<Record<string, unknown>>): void {
    this.json({ error, ...this.#beside });
  }

  /** Text for a person either way: progress, remarks, warnings. */
  remark(text: string): void {
    this.stderr.write(`${text}\n`);
  }

  /**
   * The same for a text that may be longer than a line: on a terminal it is broken between words and goes on below its indentation. Secrets are taken out first, so that none is
   * cut in two.
   */
  paragraph(text: string, continued = "  "): void {
    const width = this.stderr.isTTY === true ? this.stderr.columns : undefined;
    this.remark(
      this.#redact(text)
        .split("\n")
        .flatMap((line, index) => {
          if (width === undefined || visibleLength(line) <= width) return [breakable(line)];
          const indent = /^ */.exec(line)?.[0] ?? "";
          const hanging = indent + (index === 0 || indent !== "" ? continued : "");
          const [first = "", ...rest] = wrapText(line, width - hanging.length, "");
          return [indent + first, ...rest.map((one) => hanging + one)];
        })
        .join("\n"),
    );
  }

  warning(text: string): void {
    this.remark(`${this.colors.yellow("warning")} ${text}`);
  }

  /** Rows under a heading, columns aligned by what a terminal shows. */
  table(headings: readonly string[], rows: readonly (readonly string[])[]): void {
    const widths = headings.map((heading, column) =>
      Math.max(heading.length, ...rows.map((row) => visibleLength(row[column] ?? ""))),
    );
    const format = (cells: readonly string[]): string =>
      cells
        .map((cell, column) =>
          column === headings.length - 1
            ? cell
            : cell + " ".repeat((widths[column] ?? 0) - visibleLength(cell) + 2),
        )
        .join("")
        .trimEnd();
    this.line(this.colors.dim(format(headings)));
    for (const row of rows) this.line(format(row));
  }
}
