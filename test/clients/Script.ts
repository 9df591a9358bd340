/** What somebody types, in order; run in a namespace and a folder of its own. */
export interface Script {
  readonly title: string;
  /** Written into the folder before the first step: objects as JSON, text as it is. */
  readonly files?: Readonly<Record<string, unknown>>;
  /** Namespaces or cluster-wide objects to remove afterwards, as arguments of `kubectl delete`. */
  readonly cleanUp?: readonly string[];
  readonly steps: readonly Step[];
}

/** A command line: words split at white space, `'...'` keeps a word together. Its first word is the program. */
export type Step = string | DetailedStep;

export interface DetailedStep {
  readonly run: string;
  readonly input?: unknown;
  readonly env?: Readonly<Record<string, string>>;
  /** Repeated until the output matches: what controllers bring about in their own time. Only the last output counts. */
  readonly until?: RegExp;
  /** The order of its lines is nobody's promise. */
  readonly unordered?: true;
  /** Only done, not compared: how often something is said hangs on timing. */
  readonly silent?: true;
  /** What it says to stderr is a log of its own, and not compared. */
  readonly quiet?: true;
  /** Runs on while the next steps do, until the step that finishes it. */
  readonly background?: string;
  /** Of one in the background: the next step waits until what it says to stderr matches. */
  readonly begun?: RegExp;
  /** Waits for the output of this background program to match, and ends it. `run` is ignored. */
  readonly finish?: { readonly name: string; readonly when: RegExp };
}
